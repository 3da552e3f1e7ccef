# %% [markdown]
# # 1. Stylize a photo and a film
#
# This notebook shows what the bundled styles do and which dials you have: blends,
# strength, colour, scale, a mask, tiles for large pictures, and films.
#
# ```bash
# pip install "animegan_tf[notebooks]"
# ```
#
# Nothing is downloaded. The photos come with Matplotlib (Grace Hopper, 1984, public
# domain) and scikit-image (Chelsea the cat, by Stefan van der Walt, CC0).

# %%
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


# %%
def show(pictures, height=2.7):
    """Show pictures side by side under their names."""
    figure, axes = plt.subplots(1, len(pictures), figsize=(9, height))
    for axis, (name, picture) in zip(
        np.atleast_1d(axes), pictures.items(), strict=True
    ):
        axis.imshow(picture, cmap="gray", vmin=0, vmax=255)
        axis.set_title(name, fontsize=10)
        axis.axis("off")
    figure.tight_layout()
    plt.show()


# %% [markdown]
# ## One photo, four styles
#
# A `Stylizer` holds one network. Call it with a path, a NumPy array (uint8 RGB) or a
# Pillow image. The result has exactly the size of the photo.

# %%
path = matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
photo = animegan_tf.read_image(path)[:512]

results = {"photo": photo}
for name in animegan_tf.list_styles():
    results[name] = animegan_tf.Stylizer.from_preset(name)(photo)
print({name: picture.shape for name, picture in results.items()})
show(results, height=2.1)

# %% [markdown]
# What to look at: `comic` draws dark contours and flattens the uniform into a few
# areas. `ink` has no colour at all. `oil` smears detail along the strokes, and `soft`
# keeps most of the photo and only smooths and warms it. In all of them the face is
# still the same person's: these networks redraw what is there and invent nothing.

# %%
show(
    {name: results[name][60:260, 150:350] for name in ("photo", "comic", "ink", "oil")}
)

# %% [markdown]
# ## Blends
#
# The four styles share one network, so you can mix them in any proportion. A blend is
# folded into an ordinary network before use: it costs no more than a single style.

# %%
blends = {
    text: animegan_tf.Stylizer.from_preset(text)(photo)[40:340, 110:410]
    for text in ("comic", "comic:0.6,oil:0.4", "comic:0.3,oil:0.7", "oil")
}
show(blends)

# %% [markdown]
# From left to right the contours fade and the strokes grow.
#
# ## Dials
#
# Dials work around the network: they change what it sees, and mix its result with the
# photo. `strength` is the part of the way from the photo (0) to the style (1).

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
# `color` says whose colours you get: `"style"` takes what the network drew; `"photo"`
# keeps only its light and dark and takes the tints from the photo; a picture lends its
# palette. `detail` gives back fine texture: look at the fur and the whiskers.

# %%
oil = animegan_tf.Stylizer.from_preset("oil")
coffee = skimage.data.coffee()
show(
    {
        "style": stylize_image(cat, oil),
        'color="photo"': stylize_image(cat, oil, Dials(color="photo")),
        "palette of a cup": stylize_image(cat, oil, Dials(color=coffee)),
        "detail=1": stylize_image(cat, oil, Dials(detail=1.0)),
    },
    height=1.8,
)

# %% [markdown]
# `scale` resizes the picture that the network sees. Its brush has a fixed size in
# pixels, so a smaller picture gets coarser strokes and a larger one finer strokes.

# %%
show(
    {
        f"scale={value}": stylize_image(cat, oil, Dials(scale=value))[40:260, 80:340]
        for value in (0.5, 1.0, 2.0)
    }
)

# %% [markdown]
# A `mask` says where: white is drawn, black stays the photo, exactly. Here the
# background becomes a drawing behind a photographed face.

# %%
rows, columns = np.mgrid[: photo.shape[0], : photo.shape[1]]
distance = np.hypot((rows - 170) / 180, (columns - 250) / 130)
mask = np.clip((distance - 0.9) / 0.2 * 255, 0, 255).astype(np.uint8)
masked = stylize_image(photo, comic, Dials(mask=mask))
show({"photo": photo, "mask": mask, "masked": masked})
print("Untouched pixels:", np.all(masked == photo, axis=-1)[mask == 0].mean())

# %% [markdown]
# ## Large pictures: tiles
#
# A large picture is cut into tiles, each with a margin as wide as the network looks
# around. These networks take no statistics of the whole picture, so tiles leave no
# seams: the result is that of the picture in one piece, up to the rounding of the
# arithmetic.

# %%
large = np.asarray(Image.fromarray(photo).resize((768, 768), Image.Resampling.LANCZOS))
whole = animegan_tf.Stylizer.from_preset("comic", tile=None)(large)
tiled = animegan_tf.Stylizer.from_preset("comic", tile=256)(
    large, progress=lambda done, total: print(f"{done}/{total}", end=" ")
)
difference = np.abs(whole.astype(int) - tiled)
print("\nLargest difference, in levels of 255:", difference.max())

# %% [markdown]
# The difference is 0 or 1. You need not choose: by default pictures are tiled when they
# would need much memory.
#
# ## A film
#
# For a film of our own we pan and zoom over the photo and add a little noise, as a
# camera would. PyAV (the extra `video`) writes it.

# %%
rng = np.random.default_rng(0)
frames = []
for index in range(24):
    part = max(index - 8, 0) / 15  # The camera stands still at first.
    side = 380 - 120 * part
    left, top = 70 + 50 * part, 20 + 20 * part
    frame = Image.fromarray(photo).resize(
        (240, 240),
        Image.Resampling.BICUBIC,
        box=(left, top, left + side, top + side),
    )
    noisy = np.asarray(frame) + rng.normal(0, 3, (240, 240, 1))
    frames.append(np.clip(noisy, 0, 255).astype(np.uint8))

with av.open("clip.mp4", "w") as file:
    stream = file.add_stream("libx264", rate=12)
    stream.width, stream.height, stream.pix_fmt = 240, 240, "yuv420p"
    stream.options = {"crf": "16"}
    for frame in frames:
        file.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
    file.mux(stream.encode())

# %% [markdown]
# `stylize_video` keeps every frame's time, the sound and the subtitles.

# %%
for smooth in (0.0, 0.8):
    report = animegan_tf.stylize_video(
        "clip.mp4", f"comic-{smooth}.mp4", "comic", smooth=smooth, crf=16
    )
    print(report.path, report.num_frames, "frames,", report.seconds, "s")


# %%
def read_frames(path):
    with av.open(path) as file:
        return [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]


source, drawn, calm = map(read_frames, ("clip.mp4", "comic-0.0.mp4", "comic-0.8.mp4"))
for name, film in {"source": source, "drawn": drawn}.items():
    show({f"{name} {index}": film[index] for index in (0, 8, 14, 19, 23)}, height=2.1)

# %% [markdown]
# The contours move with the face. Does the drawing flicker? `measure_flicker` compares
# the changes from frame to frame with those of the source: where the source stands
# still, and along its motion, which it finds itself.

# %%
print("mean change from frame to frame, in levels of 255")
for name, film in {"smooth=0": drawn, "smooth=0.8": calm}.items():
    found = measure_flicker(zip(source, film, strict=True))
    print(
        f"{name:10}  still parts: source {found.source_change:.2f}, "
        f"film {found.output_change:.2f};  moving parts: source "
        f"{found.source_warping_error:.2f}, film {found.output_warping_error:.2f}"
    )

# %% [markdown]
# In the still parts the drawing is calmer than the film itself: flat areas swallow the
# camera's noise. `smooth` calms it further, by mixing each frame with the earlier ones
# where the source barely changed.
#
# ## The same from the command line
#
# ```bash
# animegan-tf stylize photo.jpg -o picture.png --style comic:0.6,oil:0.4 --strength 0.7
# animegan-tf video clip.mp4 -o comic.mp4 --smooth 0.8
# ```
#
# Next: [train a style of your own](02_train_your_own_style.ipynb).
