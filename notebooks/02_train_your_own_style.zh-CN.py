# %% [markdown]
# # 2. 训练自己的风格
#
# 训练一种风格需要两个文件夹：照片，以及该风格的图片，内容不必对应。本教程用 Matplotlib 和 scikit-image 自带的图片建立两个小文件夹，在 CPU 上用几分钟训练一个小网络。结果不如内置风格，后者训练得更久，用的图片也更多；但这里展示了完整的过程。
#
# 需要安装本项目及其附加组件 `notebooks`。在项目文件夹中执行：
#
# ```bash
# pip install ".[notebooks]"
# ```

# %%
import dataclasses
import json
import shutil
from pathlib import Path

import matplotlib.cbook
import matplotlib.pyplot as plt
import numpy as np
import skimage.data
from matplotlib_inline.backend_inline import set_matplotlib_formats
from PIL import Image

import animegan_tf
from animegan_tf.data.targets.filters import brush_and_ink

animegan_tf.import_tensorflow_quietly()
set_matplotlib_formats("jpeg", pil_kwargs={"quality": 82})

# 所有文件都写入这个文件夹；上次运行留下的会被删除。
FOLDER = Path("02_files")
shutil.rmtree(FOLDER, ignore_errors=True)
FOLDER.mkdir()

# %% [markdown]
# ## 两个文件夹
#
# 照片：从格蕾丝·霍珀、一位宇航员、一枚火箭和一杯咖啡的照片中裁出。小猫的照片留到最后，不用于训练。
#
# 风格：水墨画。你可以用自己扫描的速写本；这里用滤镜 `brush_and_ink` 把另一些裁块渲染成黑、白和两级灰。

# %%
hopper_path = matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
images = [
    animegan_tf.read_image(hopper_path),
    skimage.data.astronaut(),
    skimage.data.rocket(),
    skimage.data.coffee(),
]
cat = skimage.data.chelsea()
rng = np.random.default_rng(0)


def write_crops(folder, count, render=None):
    """Write crops of 160x160 pixels, rendered by a function if one is given."""
    folder.mkdir()
    for index in range(count):
        image = images[rng.integers(len(images))]
        side = int(rng.integers(200, 340))
        top = int(rng.integers(0, image.shape[0] - side + 1))
        left = int(rng.integers(0, image.shape[1] - side + 1))
        crop = Image.fromarray(image).crop((left, top, left + side, top + side))
        pixels = np.asarray(crop.resize((160, 160), Image.Resampling.LANCZOS))
        if render is not None:
            pixels = render(pixels)
        animegan_tf.write_image(pixels, folder / f"{index:03d}.png")


write_crops(FOLDER / "photos", 48)
write_crops(FOLDER / "drawings", 32, render=brush_and_ink)

figure, axes = plt.subplots(2, 8, figsize=(9, 2.5))
for row, name in zip(axes, ("photos", "drawings"), strict=True):
    for axis, path in zip(row, sorted((FOLDER / name).iterdir())[:8], strict=True):
        axis.imshow(animegan_tf.read_image(path))
        axis.axis("off")
    row[0].set_title(name, fontsize=9)
figure.tight_layout()
plt.show()

# %% [markdown]
# ## 设置
#
# 一次训练的设置是一个不可修改的数据类（dataclass）。`default_config("anime")` 返回训练方案 `anime` 的设置；这里把裁块、网络和步数都改小。有两项设置决定风格：
#
# - `target` 是为每张照片渲染目标图的滤镜。生成器先学习重现目标图（`pretraining_steps`），又快又稳定。默认根据画作拟合一个滤镜；这里直接指定一个，以节省时间。
# - `style` 是画作的文件夹。预训练之后，判别器把生成器的结果与画作对比，其他损失保持内容和对比度。判别器使用内置网络的特征，因此无需下载。

# %%
base = animegan_tf.default_config("anime")
config = dataclasses.replace(
    base,
    steps=360,
    pretraining_steps=280,
    data=dataclasses.replace(
        base.data,
        photos=str(FOLDER / "photos"),
        style=str(FOLDER / "drawings"),
        target="brush_and_ink",
        scales=(160,),
        crop_size=96,
        batch_size=4,
        validation=0.1,
    ),
    generator_options={
        "width": 24,
        "body_width": 48,
        "num_blocks": 2,
        "head_width": 16,
    },
    discriminator_options={"width": 16},
    pretraining_learning_rate=3e-3,
    adversarial_warmup=20,
    ema_decay=0.95,
    log_every=5,
    sample_every=90,
    checkpoint_every=90,
)
print("loss weights:", config.weights.active())

# %% [markdown]
# ## 训练
#
# 为了演示续训，我们先训练一半的步数。中断后续训得到的网络，与没有中断的相同。

# %%
half = dataclasses.replace(config, steps=180)
run = animegan_tf.train(half, FOLDER / "run", progress=False)
print(sorted(path.name for path in run.path.iterdir()))

# %%
run = animegan_tf.train(config, FOLDER / "run", resume=True, progress=False)
print("last checkpoint:", run.latest_checkpoint().name)

# %% [markdown]
# ## 学习曲线
#
# `metrics.jsonl` 的每一行 JSON 对应一个记录的步，含每项损失的数值。

# %%
lines = (run.path / "metrics.jsonl").read_text().splitlines()
log = [json.loads(line) for line in lines]


def curve(name):
    found = [(line["step"], line[name]) for line in log if name in line]
    return np.array(found).T


figure, axes = plt.subplots(1, 3, figsize=(9, 2.6))
for axis, name in zip(axes, ("target", "content", "adversarial"), strict=True):
    axis.plot(*curve(name), color="#4477aa", label="training")
    if any(f"validation_{name}" in line for line in log):
        axis.plot(*curve(f"validation_{name}"), "o", color="#cc6677", label="held out")
    axis.axvline(config.pretraining_steps, color="gray", linestyle=":")
    axis.set_title(name, fontsize=10)
    axis.set_xlabel("step")
axes[0].legend(fontsize=8)
figure.tight_layout()
plt.show()

# %% [markdown]
# `target` 很快下降：生成器在学习重现滤镜。虚线是预训练结束的地方；之后 `content` 和 `adversarial` 也被最小化，`target` 的权重降低。圆点是留出的裁块：只要 `target` 的圆点跟随曲线，生成器就没有过拟合。`adversarial` 不一定下降，因为判别器同时也在训练；风格变强时，`content` 可能上升。
#
# 不过，这些裁块来自同样的四张图片，只有最后的小猫是全新的图片。
#
# 样图的每一行是一个留出的裁块：照片、目标图、结果，以及两张画作。随着训练，灰色越来越少，轮廓变成黑色。

# %%
sheets = sorted((run.path / "samples").iterdir())
figure, axes = plt.subplots(1, len(sheets), figsize=(9, 5))
for axis, sheet in zip(axes, sheets, strict=True):
    axis.imshow(animegan_tf.read_image(sheet))
    axis.set_title(sheet.stem, fontsize=9)
    axis.axis("off")
figure.tight_layout()
plt.show()

# %% [markdown]
# ## 使用训练好的风格
#
# 运行文件夹可以像内置风格一样使用。这里把它用于小猫。

# %%
stylizer = animegan_tf.Stylizer.from_preset(run.path)
results = {
    "photo": cat,
    "our network": stylizer(cat),
    "the filter": brush_and_ink(cat),
    "bundled: ink": animegan_tf.Stylizer.from_preset("ink")(cat),
}
figure, axes = plt.subplots(2, 2, figsize=(9, 6.2))
for axis, (name, image) in zip(axes.flat, results.items(), strict=True):
    axis.imshow(image)
    axis.set_title(name, fontsize=10)
    axis.axis("off")
figure.tight_layout()
plt.show()

size = (run.path / "generator.npz").stat().st_size
print(
    f"The network: {stylizer.generator.count_params():,} weights, {size / 1e6:.1f} MB"
)

# %% [markdown]
# 颜色消失了，对比度更高，眼睛有了粗黑的轮廓。滤镜会去掉的细毛仍然可见：要抑制它们，需要像内置风格那样更多的步数、更多的图片和更大的网络。
#
# ## 你自己的图片
#
# 几百张照片和几百张画作是一个好的开始。使用默认的网络和默认的步数，之后还可以增加步数：
#
# ```bash
# animegan-tf train --photos my_photos --style my_drawings --run runs/mine
# animegan-tf train --run runs/mine --resume --steps 9000
# animegan-tf stylize photo.jpg -o result.png --style runs/mine
# ```
#
# - 默认根据你的画作拟合滤镜。`--set data.target=oil` 则指定一个，例如 `cel_and_ink`、`brush_and_ink`、`oil`、`soft`。
# - 如果风格太弱或太强，修改 `--set weights.adversarial=...`。其他设置见[训练指南](../docs/training.zh-CN.md)。
# - 只使用你有权使用的画作：你自己的，或者以开放许可发布的。
