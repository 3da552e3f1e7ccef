# %% [markdown]
# # 2. Train a style of your own
#
# A style needs two folders: photographs, and pictures in the style. They need not show
# the same things. This notebook makes two small folders from pictures that come with
# Matplotlib and scikit-image, and trains a small network on a processor in a few
# minutes. The result is no match for the bundled styles, which saw more pictures for
# longer, but you will see it learn to draw.
#
# ```bash
# pip install "animegan_tf[notebooks]"
# ```

# %%
import dataclasses
import json
from pathlib import Path

import matplotlib.cbook
import matplotlib.pyplot as plt
import numpy as np
import skimage.data
from matplotlib_inline.backend_inline import set_matplotlib_formats
from PIL import Image

import animegan_tf
from animegan_tf.data.targets.painting import brush_and_ink
from animegan_tf.recipes.defaults import default_config

animegan_tf.import_tensorflow_quietly()
from animegan_tf.recipes.runner import run_recipe

set_matplotlib_formats("jpeg", pil_kwargs={"quality": 82})


# %% [markdown]
# ## The two folders
#
# Photos: crops of Grace Hopper, an astronaut, a rocket and a cup of coffee. We keep the
# cat for the end: the training never sees it.
#
# Style: ink drawings. Yours may be a scanned sketchbook; here a filter,
# `brush_and_ink`, draws other crops in black, white and two greys.

# %%
hopper_path = matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
pictures = [
    animegan_tf.read_image(hopper_path),
    skimage.data.astronaut(),
    skimage.data.rocket(),
    skimage.data.coffee(),
]
cat = skimage.data.chelsea()
rng = np.random.default_rng(0)


def write_crops(folder, count, draw=None):
    """Write crops of 160x160 pixels, drawn by a function if one is given."""
    folder.mkdir()
    for index in range(count):
        picture = pictures[rng.integers(len(pictures))]
        side = int(rng.integers(200, 340))
        top = int(rng.integers(0, picture.shape[0] - side + 1))
        left = int(rng.integers(0, picture.shape[1] - side + 1))
        crop = Image.fromarray(picture).crop((left, top, left + side, top + side))
        pixels = np.asarray(crop.resize((160, 160), Image.Resampling.LANCZOS))
        if draw is not None:
            pixels = draw(pixels)
        animegan_tf.write_image(pixels, folder / f"{index:03d}.png")


write_crops(Path("photos"), 48)
write_crops(Path("drawings"), 32, draw=brush_and_ink)

figure, axes = plt.subplots(2, 8, figsize=(9, 2.5))
for row, folder in zip(axes, ("photos", "drawings"), strict=True):
    for axis, path in zip(row, sorted(Path(folder).iterdir())[:8], strict=True):
        axis.imshow(animegan_tf.read_image(path))
        axis.axis("off")
    row[0].set_title(folder, fontsize=9)
figure.tight_layout()
plt.show()

# %% [markdown]
# ## Settings
#
# Every training is one `TrainingConfig`. `default_config("anime")` has the settings of
# the bundled styles; here it is all made smaller: the crops, the network and the number
# of steps. Two of the settings make the style:
#
# - `target` is the filter that draws the photos themselves. The network first learns to
#   imitate it (`pretraining_steps`), which is quick and cannot fail.
# - `style` is the folder. After the pretraining an adversary compares with it, and the
#   style loss with its statistics: those of the bundled feature network, so that
#   nothing is downloaded.

# %%
base = default_config("anime")
config = dataclasses.replace(
    base,
    steps=360,
    pretraining_steps=280,
    data=dataclasses.replace(
        base.data,
        photos="photos",
        style="drawings",
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
    ema_decay=0.95,
    log_every=5,
    sample_every=90,
    checkpoint_every=90,
)
print("loss weights:", config.weights.active())

# %% [markdown]
# ## Train
#
# To show what a resume is we stop after half of the steps. A training that is resumed
# gives the same network as one that was never interrupted.

# %%
half = dataclasses.replace(config, steps=180)
run = run_recipe(half, "run", progress=False)
print(sorted(path.name for path in run.path.iterdir()))

# %%
run = run_recipe(config, "run", resume=True, progress=False)
print("last checkpoint:", run.latest_checkpoint().name)

# %% [markdown]
# ## Curves
#
# `metrics.jsonl` has a line of JSON for each logged step, with a number for each term.

# %%
lines = (run.path / "metrics.jsonl").read_text().splitlines()
log = [json.loads(line) for line in lines]


def curve(name):
    found = [(line["step"], line[name]) for line in log if name in line]
    return np.array(found).T


figure, axes = plt.subplots(1, 3, figsize=(9, 2.6))
for axis, name in zip(axes, ("target", "style", "adversarial"), strict=True):
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
# `target` falls quickly: the network imitates the filter. At the dotted line the
# pretraining ends; from there `style` and `adversarial` teach as well. The dots are
# crops that were held out. As long as those of `target` go with the line, the network
# draws and does not recite. (The dots of `style` lie higher because a few crops are
# measured by themselves there, not averaged over many steps.)
#
# These crops come from the same four pictures, though. Only the cat, at the end, is new
# altogether.
#
# The sample sheets show held-out crops: the photo on the left, the drawing on the
# right. Look at how the greys become few and the contours black.

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
# ## Use it
#
# The run folder is a style like the bundled ones. Here is the cat that it never saw.

# %%
stylizer = animegan_tf.Stylizer.from_preset(run.path)
results = {
    "photo": cat,
    "our network": stylizer(cat),
    "the filter": brush_and_ink(cat),
    "bundled: ink": animegan_tf.Stylizer.from_preset("ink")(cat),
}
figure, axes = plt.subplots(2, 2, figsize=(9, 6.2))
for axis, (name, picture) in zip(axes.flat, results.items(), strict=True):
    axis.imshow(picture)
    axis.set_title(name, fontsize=10)
    axis.axis("off")
figure.tight_layout()
plt.show()

size = (run.path / "generator.keras").stat().st_size
print(
    f"The network: {stylizer.generator.count_params():,} weights, {size / 1e6:.1f} MB"
)

# %% [markdown]
# What to look at: the colour is gone, light and shade have fewer steps, and the eyes
# have got thick black contours. Fine hair is still there, where the filter leaves it
# out: that takes more steps, more pictures and a larger network, as the bundled style
# had.
#
# ## Your own pictures
#
# A few hundred photos and a few hundred drawings are a good start. Take the default
# network and its 6,000 steps, and leave it running; more steps can follow later:
#
# ```bash
# animegan-tf train --photos my_photos --style my_drawings --run runs/mine
# animegan-tf train --run runs/mine --resume --steps 9000
# animegan-tf stylize photo.jpg -o picture.png --style runs/mine
# ```
#
# - `data.target` should be the filter nearest to your style: `cel_and_ink` (the
#   default), `brush_and_ink`, `oil` or `soft`, as `--set data.target=oil`.
# - Lines too weak or too wild? Change `--set weights.adversarial=...`. See
#   [inside the losses](03_inside_the_losses.ipynb).
# - Use drawings that you may use: your own, or openly licensed ones.
