# %% [markdown]
# # 1. 图片与视频风格化
#
# 本教程介绍内置的风格及其用法：混合、强度、颜色、缩放、蒙版、大图分块和视频。
#
# 需要安装本项目及其附加组件 `notebooks`。在项目文件夹中执行：
#
# ```bash
# pip install ".[notebooks]"
# ```
#
# 无需下载任何数据。照片来自 Matplotlib（格蕾丝·霍珀，1984 年，公有领域）和 scikit-image（小猫切尔西，Stefan van der Walt 摄，CC0）。

# %%
import shutil
from pathlib import Path

import av
import matplotlib.cbook
import matplotlib.pyplot as plt
import numpy as np
import skimage.data
from matplotlib_inline.backend_inline import set_matplotlib_formats
from PIL import Image

import animegan_tf
from animegan_tf import Dials, stylize_image
from animegan_tf.evaluation.flicker import measure_flicker

animegan_tf.import_tensorflow_quietly()
# JPEG 使笔记本文件较小。
set_matplotlib_formats("jpeg", pil_kwargs={"quality": 80})

# 所有文件都写入这个文件夹；上次运行留下的会被删除。
FOLDER = Path("01_files")
shutil.rmtree(FOLDER, ignore_errors=True)
FOLDER.mkdir()


# %%
def show(images, height=2.7):
    """Show images side by side, each with its title."""
    figure, axes = plt.subplots(1, len(images), figsize=(9, height))
    for axis, (name, image) in zip(np.atleast_1d(axes), images.items(), strict=True):
        axis.imshow(image, cmap="gray", vmin=0, vmax=255)
        axis.set_title(name, fontsize=10)
        axis.axis("off")
    figure.tight_layout()
    plt.show()


# %% [markdown]
# ## 一张照片，六种风格
#
# 一个 `Stylizer` 对应一个网络。用路径、NumPy 数组（uint8 RGB）或 Pillow 图像调用它，输出的尺寸与照片完全一致。

# %%
path = matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
photo = animegan_tf.read_image(path)[:512]

results = {"photo": photo}
for name in animegan_tf.list_styles():
    results[name] = animegan_tf.Stylizer.from_preset(name)(photo)
print({name: image.shape for name, image in results.items()})
show(results, height=2.1)

# %% [markdown]
# 默认风格 `anime` 使照片更明亮，并用与局部颜色相同的细线勾勒轮廓。`comic` 画出深色轮廓，把制服简化成几块平涂。`ink` 完全没有颜色。`oil` 画出宽阔的笔触，`ukiyoe` 用几种染料印在暖色的纸上，`soft` 只使照片更柔和、更温暖。在每种风格中，人脸都仍可辨认：这些网络重画照片里已有的东西，不虚构内容。

# %%
show(
    {
        name: results[name][60:260, 150:350]
        for name in ("photo", "anime", "ink", "ukiyoe")
    }
)

# %% [markdown]
# ## 混合
#
# 六种风格共用一个网络，因此可以按任意比例混合。推理之前，混合会折叠成一个普通的网络，计算量与单一风格相同。

# %%
blends = {
    text: animegan_tf.Stylizer.from_preset(text)(photo)[40:340, 110:410]
    for text in ("anime", "anime:0.6,ukiyoe:0.4", "anime:0.3,ukiyoe:0.7", "ukiyoe")
}
show(blends)

# %% [markdown]
# 从左到右，颜色逐渐变成木版画的颜色。
#
# ## 效果调节
#
# 这些选项不改变网络：它们改变网络的输入，或把输出与照片结合起来。`strength` 在照片（0）与风格（1）之间插值。

# %%
cat = skimage.data.chelsea()
comic = animegan_tf.Stylizer.from_preset("comic")
show(
    {
        f"strength={value}": stylize_image(cat, comic, Dials(strength=value))
        for value in (0.0, 0.35, 0.7, 1.0)
    },
    height=1.8,
)

# %% [markdown]
# `color` 决定结果的颜色：`"style"` 用网络的颜色；`"photo"` 把网络输出的亮度与照片的色度结合；也可以给一张图片，采用它的配色。`detail` 恢复细微的纹理，这里是毛发和胡须。

# %%
painting = animegan_tf.Stylizer.from_preset("oil")
coffee = skimage.data.coffee()
show(
    {
        "style": stylize_image(cat, painting),
        'color="photo"': stylize_image(cat, painting, Dials(color="photo")),
        "palette of a cup": stylize_image(cat, painting, Dials(color=coffee)),
        "detail=1": stylize_image(cat, painting, Dials(detail=1.0)),
    },
    height=1.8,
)

# %% [markdown]
# `scale` 缩放网络的输入。笔触的像素大小是固定的，所以输入越小笔触越粗，输入越大笔触越细。

# %%
show(
    {
        f"scale={value}": stylize_image(cat, painting, Dials(scale=value))[
            40:260, 80:340
        ]
        for value in (0.5, 1.0, 2.0)
    }
)

# %% [markdown]
# `mask` 选择区域：白色区域风格化，黑色区域与原照片的像素完全相同。这里背景风格化，人脸保持原样。

# %%
rows, columns = np.mgrid[: photo.shape[0], : photo.shape[1]]
distance = np.hypot((rows - 170) / 180, (columns - 250) / 130)
mask = np.clip((distance - 0.9) / 0.2 * 255, 0, 255).astype(np.uint8)
masked = stylize_image(photo, comic, Dials(mask=mask))
show({"photo": photo, "mask": mask, "masked": masked})
print("Unchanged pixels:", np.all(masked == photo, axis=-1)[mask == 0].mean())

# %% [markdown]
# ## 大图分块
#
# 大图会切成小块，每块四周留出网络感受野所需的边缘。这些网络不计算整幅图的统计量，因此没有接缝：除浮点舍入外，结果与整图推理相同。

# %%
large = np.asarray(Image.fromarray(photo).resize((768, 768), Image.Resampling.LANCZOS))
whole = animegan_tf.Stylizer.from_preset("comic", tile=None)(large)
tiled = animegan_tf.Stylizer.from_preset("comic", tile=256)(
    large, progress=lambda done, total: print(f"{done}/{total}", end=" ")
)
difference = np.abs(whole.astype(int) - tiled)
print("\nLargest difference, in levels of 255:", difference.max())

# %% [markdown]
# 差别是 0 或 1。默认情况下，只有整图推理需要大量内存时才会自动分块。
#
# ## 视频
#
# 为了得到一段短视频，我们让镜头在照片上平移、推近，并像相机那样加一点噪声。编码使用 PyAV（附加组件 `video`）。

# %%
rng = np.random.default_rng(0)
frames = []
for index in range(24):
    part = max(index - 8, 0) / 15  # 开头镜头不动。
    side = 380 - 120 * part
    left, top = 70 + 50 * part, 20 + 20 * part
    frame = Image.fromarray(photo).resize(
        (240, 240),
        Image.Resampling.BICUBIC,
        box=(left, top, left + side, top + side),
    )
    noisy = np.asarray(frame) + rng.normal(0, 3, (240, 240, 1))
    frames.append(np.clip(noisy, 0, 255).astype(np.uint8))

with av.open(FOLDER / "clip.mp4", "w") as file:
    stream = file.add_stream("libx264", rate=12)
    stream.width, stream.height, stream.pix_fmt = 240, 240, "yuv420p"
    stream.options = {"crf": "16"}
    for frame in frames:
        file.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
    file.mux(stream.encode())

# %% [markdown]
# `stylize_video` 保留每一帧的时间、声音和字幕。

# %%
for smooth in (0.0, 0.8):
    report = animegan_tf.stylize_video(
        FOLDER / "clip.mp4",
        FOLDER / f"comic-{smooth}.mp4",
        "comic",
        smooth=smooth,
        crf=16,
    )
    print(report.path.name, report.num_frames, "frames,", report.seconds, "s")


# %%
def read_frames(name):
    with av.open(FOLDER / name) as file:
        return [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]


source, stylized, smoothed = map(
    read_frames, ("clip.mp4", "comic-0.0.mp4", "comic-0.8.mp4")
)
for name, video in {"source": source, "stylized": stylized}.items():
    show({f"{name} {index}": video[index] for index in (0, 8, 14, 19, 23)}, height=2.1)

# %% [markdown]
# 轮廓随着脸移动。结果会闪烁吗？`measure_flicker` 把相邻帧之间的变化与原视频比较：在原视频静止的区域，以及沿着由块匹配估计的运动方向。

# %%
print("mean change between frames, in levels of 255")
for name, video in {"smooth=0": stylized, "smooth=0.8": smoothed}.items():
    found = measure_flicker(zip(source, video, strict=True))
    print(
        f"{name:10}  static regions: source {found.source_change:.2f}, "
        f"result {found.output_change:.2f};  moving regions: source "
        f"{found.source_warping_error:.2f}, result {found.output_warping_error:.2f}"
    )

# %% [markdown]
# 在静止的区域，结果的变化比原视频小，因为平涂的色块抑制了噪声。`smooth` 在原视频几乎不变的地方与前面的帧取平均，进一步减小变化。
#
# ## 命令行
#
# ```bash
# animegan-tf stylize photo.jpg -o blend.png --style anime:0.6,ink:0.4 --strength 0.7
# animegan-tf video clip.mp4 -o comic.mp4 --smooth 0.8
# ```
#
# 下一篇：[训练自己的风格](02_train_your_own_style.zh-CN.ipynb)。
