# %% [markdown]
# # 1. Stylize an image and a video
#
# This notebook shows the bundled styles and the options for using them: blending,
# strength, color, scale, masks, tiling of large images, and video.
#
# It needs the package with the extra `notebooks`. In a copy of the project:
#
# ```bash
# pip install ".[notebooks]"
# ```
#
# Nothing is downloaded. The photos come with Matplotlib (Grace Hopper, 1984, public
# domain) and scikit-image (Chelsea the cat, by Stefan van der Walt, CC0).

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
# JPEG keeps the notebook small.
set_matplotlib_formats("jpeg", pil_kwargs={"quality": 80})

# All files go into this folder; those of an earlier run are removed.
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
# ## One photo, six styles
#
# A `Stylizer` holds one network. Call it with a path, a NumPy array (uint8 RGB) or a
# Pillow image. The output has exactly the size of the photo.

# %%
path = matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
photo = animegan_tf.read_image(path)[:512]

results = {"photo": photo}
for name in animegan_tf.list_styles():
    results[name] = animegan_tf.Stylizer.from_preset(name)(photo)
print({name: image.shape for name, image in results.items()})
show(results, height=2.1)

# %% [markdown]
# `anime`, the default, brightens the photo and outlines it with thin lines in the local
# color. `comic` draws dark contours and flattens the uniform into a few areas. `ink`
# has no color at all. `oil` paints strong colors, `ukiyoe` prints with few
# dyes on warm paper, and `soft` only smooths and warms the photo. In every style the
# face is still recognizable: these networks redraw what is in the photo and do not
# invent content.

# %%
show(
    {
        name: results[name][60:260, 150:350]
        for name in ("photo", "anime", "ink", "ukiyoe")
    }
)

# %% [markdown]
# ## Blends
#
# The six styles share one network, so you can blend them in any proportion. A blend is
# folded into an ordinary network before inference and costs no more than a single
# style.

# %%
blends = {
    text: animegan_tf.Stylizer.from_preset(text)(photo)[40:340, 110:410]
    for text in ("anime", "anime:0.6,ukiyoe:0.4", "anime:0.3,ukiyoe:0.7", "ukiyoe")
}
show(blends)

# %% [markdown]
# From left to right the colors become those of prints.
#
# ## Dials
#
# The dials leave the network as it is: they change its input, or combine its output
# with the photo. `strength` interpolates between the photo (0) and the style (1).

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
# `color` chooses the colors of the result: `"style"` keeps the network's; `"photo"`
# combines the luminance of the network's output with the chroma of the photo; an image
# provides its palette. `detail` restores fine texture, here of the fur and the
# whiskers.

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
# `scale` resizes the network's input. The strokes have a fixed size in pixels, so a
# smaller input gives coarser strokes and a larger input finer ones.

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
# `mask` selects a region: white areas are stylized, black areas keep the photo's pixels
# exactly. Here the background is stylized and the face is not.

# %%
rows, columns = np.mgrid[: photo.shape[0], : photo.shape[1]]
distance = np.hypot((rows - 170) / 180, (columns - 250) / 130)
mask = np.clip((distance - 0.9) / 0.2 * 255, 0, 255).astype(np.uint8)
masked = stylize_image(photo, comic, Dials(mask=mask))
show({"photo": photo, "mask": mask, "masked": masked})
print("Unchanged pixels:", np.all(masked == photo, axis=-1)[mask == 0].mean())

# %% [markdown]
# ## Large images: tiling
#
# A large image is cut into tiles with a margin as wide as the network's receptive field
# requires. These networks compute no statistics over the whole image, so there are no
# seams: the result equals that of the whole image, up to floating-point rounding.

# %%
large = np.asarray(Image.fromarray(photo).resize((768, 768), Image.Resampling.LANCZOS))
whole = animegan_tf.Stylizer.from_preset("comic", tile=None)(large)
tiled = animegan_tf.Stylizer.from_preset("comic", tile=256)(
    large, progress=lambda done, total: print(f"{done}/{total}", end=" ")
)
difference = np.abs(whole.astype(int) - tiled)
print("\nLargest difference, in levels of 255:", difference.max())

# %% [markdown]
# The difference is 0 or 1. By default, images are tiled automatically when processing
# them whole would need much memory.
#
# ## Video
#
# To make a short video, we pan and zoom over the photo and add a little noise, as a
# camera would. PyAV (the extra `video`) encodes it.

# %%
rng = np.random.default_rng(0)
frames = []
for index in range(24):
    part = max(index - 8, 0) / 15  # The camera does not move at first.
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
# `stylize_video` keeps the time of every frame, the audio and the subtitles.

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
# The contours move with the face. Does the result flicker? `measure_flicker` compares
# the changes between frames with those of the source: in static regions of the source,
# and along its motion, which is estimated by block matching.

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
# In static regions the result changes less than the source, because flat areas suppress
# the noise. `smooth` reduces the changes further, by averaging each frame with earlier
# ones where the source barely changed.
#
# ## The command line
#
# ```bash
# animegan-tf stylize photo.jpg -o blend.png --style anime:0.6,ink:0.4 --strength 0.7
# animegan-tf video clip.mp4 -o comic.mp4 --smooth 0.8
# ```
#
# Next: [train your own style](02_train_your_own_style.ipynb).
