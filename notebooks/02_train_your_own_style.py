# %% [markdown]
# # 2. Train your own style
#
# Training a style needs two folders: photos, and images in the style. They need not
# show the same things. This notebook makes two small folders from images that come with
# Matplotlib and scikit-image, and trains a small network on a CPU in a few minutes. The
# result does not match the bundled styles, which were trained longer and on more
# images, but it shows the complete process.
#
# It needs the package with the extra `notebooks`. In a copy of the project:
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

# All files go into this folder; those of an earlier run are removed.
FOLDER = Path("02_files")
shutil.rmtree(FOLDER, ignore_errors=True)
FOLDER.mkdir()


# %% [markdown]
# ## The two folders
#
# Photos: crops of Grace Hopper, an astronaut, a rocket and a cup of coffee. The photo
# of the cat is kept for the end and is not used for training.
#
# Style: ink drawings. Yours may be a scanned sketchbook; here a filter,
# `brush_and_ink`, renders other crops in black, white and two grays.

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
# ## Settings
#
# The settings of a training are one frozen dataclass. `default_config("anime")` returns
# those of the recipe `anime`; here the crops, the network and the number of steps are
# made smaller. Two settings define the style:
#
# - `target` is the filter that renders a target of each photo. The generator first
#   learns to reproduce it (`pretraining_steps`), which is fast and stable. By default
#   a filter is fitted to the drawings; here we name one, to save time.
# - `style` is the folder of drawings. After the pretraining, a discriminator compares
#   the generator's results with them, while other losses preserve the content and the
#   contrast. The discriminator uses the features of the bundled network, so nothing is
#   downloaded.

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
# ## Train
#
# To demonstrate resuming, we train half of the steps first. A training that was
# interrupted and resumed gives the same network as one that was not.

# %%
half = dataclasses.replace(config, steps=180)
run = animegan_tf.train(half, FOLDER / "run", progress=False)
print(sorted(path.name for path in run.path.iterdir()))

# %%
run = animegan_tf.train(config, FOLDER / "run", resume=True, progress=False)
print("last checkpoint:", run.latest_checkpoint().name)

# %% [markdown]
# ## Learning curves
#
# `metrics.jsonl` has a line of JSON for each logged step, with a value for each loss
# term.

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
# `target` falls quickly: the generator learns to reproduce the filter. The dotted line
# marks the end of the pretraining. After it, `content` and `adversarial` are minimized
# too, and the weight of `target` is lower. The dots are held-out crops. As long as
# those of `target` follow the curve, the generator does not overfit. `adversarial` is
# not expected to fall, since the discriminator is trained at the same time, and
# `content` may rise as the style becomes stronger.
#
# These crops come from the same four images, however. Only the cat at the end is an
# entirely new image.
#
# Each row of a sample sheet is a held-out crop: the photo, its target and the result,
# with two drawings beside them. Over time the grays become fewer, and the contours
# black.

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
# ## Use the trained style
#
# A run folder can be used like a bundled style. Here it is applied to the cat.

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
# The color is gone, the contrast is higher, and the eyes have thick black contours.
# Fine hair, which the filter removes, is still visible: suppressing it takes more
# steps, more images and a larger network, as for the bundled style.
#
# ## Your own images
#
# A few hundred photos and a few hundred drawings are a good start. Use the default
# network and number of steps; more steps can be added later:
#
# ```bash
# animegan-tf train --photos my_photos --style my_drawings --run runs/mine
# animegan-tf train --run runs/mine --resume --steps 9000
# animegan-tf stylize photo.jpg -o result.png --style runs/mine
# ```
#
# - By default a filter is fitted to your drawings. `--set data.target=oil` names one
#   instead, such as `cel_and_ink`, `brush_and_ink`, `oil` or `soft`.
# - If the style is too weak or too strong, change `--set weights.adversarial=...`. See
#   [inside the losses](03_inside_the_losses.ipynb).
# - Use drawings that you have the right to use: your own, or openly licensed ones.
