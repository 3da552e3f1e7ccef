# %% [markdown]
# # 4. The articles' GANs in miniature
#
# Five articles, numbered 000 to 004, stand behind this library;
# `docs/documents.md` maps every part of them to the code. They describe four kinds of
# GAN. Here each of them learns something visible in a minute or two on a processor,
# from pictures of 32x32 pixels that we draw ourselves:
#
# | Part | GAN | Learns | Articles |
# |---|---|---|---|
# | 1 | DCGAN | pictures from noise | 001 (5.2), 002 (5.2), 003 (2.2), 004 |
# | 2 | WGAN-GP | the same, more steadily | 003 (9, Q2) |
# | 3 | pix2pix | picture to picture, from pairs | 003 (7.3) |
# | 4 | CycleGAN | picture to picture, without pairs | 003 (7.3), 001 (8.2) |

# %%
import colorsys
import dataclasses
import json
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib_inline.backend_inline import set_matplotlib_formats

import animegan_tf

animegan_tf.import_tensorflow_quietly()
import keras

from animegan_tf.config import Stabilizers
from animegan_tf.imaging.arrays import to_float, to_uint8
from animegan_tf.recipes.defaults import default_config
from animegan_tf.recipes.runner import run_recipe

keras.utils.set_random_seed(0)
set_matplotlib_formats("jpeg", pil_kwargs={"quality": 85})
SIZE = 32


# %%
def sheet(pictures, columns=12):
    """Lay pictures out in rows."""
    rows = len(pictures) // columns
    grid = np.stack(pictures[: rows * columns]).reshape(rows, columns, SIZE, SIZE, 3)
    return grid.swapaxes(1, 2).reshape(rows * SIZE, columns * SIZE, 3)


def show(pictures, height=2.0):
    """Show pictures side by side under their names."""
    figure, axes = plt.subplots(1, len(pictures), figsize=(9, height))
    for axis, (name, picture) in zip(
        np.atleast_1d(axes), pictures.items(), strict=True
    ):
        axis.imshow(picture, interpolation="nearest")
        axis.set_title(name, fontsize=9)
        axis.axis("off")
    figure.tight_layout()
    plt.show()


def write(pictures, folder):
    """Write pictures into a new folder."""
    Path(folder).mkdir()
    for index, picture in enumerate(pictures):
        animegan_tf.write_image(picture, Path(folder) / f"{index:04d}.png")


def read_log(run):
    """Read the lines of a run's log that are of its training."""
    lines = (run.path / "metrics.jsonl").read_text().splitlines()
    return [line for line in map(json.loads, lines) if "discriminator" in line]


# %% [markdown]
# ## Shapes to learn from
#
# A shape is a disc or a square of some colour on a light ground. We draw each one
# twice: flat, and shaded as if lit from the upper left.

# %%
rng = np.random.default_rng(0)
ROWS, COLUMNS = np.mgrid[:SIZE, :SIZE] / SIZE


def draw_shape(hue, square):
    """Draw one shape, flat and shaded; uint8 pictures."""
    y, x = rng.uniform(0.4, 0.6, 2)
    radius = rng.uniform(0.22, 0.32)
    dy, dx = (ROWS - y) / radius, (COLUMNS - x) / radius
    distance = np.maximum(abs(dy), abs(dx)) * 1.1 if square else np.hypot(dy, dx)
    inside = np.clip((1 - distance) * radius * SIZE + 0.5, 0, 1)[..., np.newaxis]
    color = np.array(colorsys.hsv_to_rgb(hue, 0.75, 0.85))
    light = np.clip(0.75 - 0.22 * (dx + dy), 0.2, 1.1)
    glint = 0.6 * np.exp(-12 * ((dx + 0.4) ** 2 + (dy + 0.4) ** 2))
    shaded = np.clip(color * light[..., np.newaxis] + glint[..., np.newaxis], 0, 1)
    return [
        np.round(255 * (0.93 * (1 - inside) + paint * inside)).astype(np.uint8)
        for paint in (color, shaded)
    ]


shapes = [draw_shape(rng.uniform(), bool(rng.integers(2))) for _ in range(192)]
flat, shaded = map(list, zip(*shapes, strict=True))
balls = [draw_shape(rng.choice([0.0, 0.14, 0.6]), False)[1] for _ in range(512)]
show(
    {"flat": sheet(flat[:36]), "shaded": sheet(shaded[:36]), "balls": sheet(balls[:36])}
)

# %% [markdown]
# ## 1. DCGAN: pictures from noise
#
# Article 004 asks for four calls: a loss, an optimizer, a step and a picture. They are
# `build_loss`, `build_optimizer`, `train_step` and `generate_image`. The networks are
# those of articles 001 to 003: noise goes through a dense layer and doublings up to a
# picture, and the discriminator goes the other way.

# %%
generator = animegan_tf.build_generator(
    "dcgan", latent_dim=16, image_size=SIZE, width=48, upsampling="resize"
)
discriminator = animegan_tf.build_discriminator(
    "conv", image_size=SIZE, width=48, num_downsamples=2
)
loss = animegan_tf.build_loss(generator, discriminator)
optimizer = animegan_tf.build_optimizer(loss, learning_rate=5e-4)
real = to_float(np.stack(balls))

history, stages = [], {}
for step in range(501):
    if step in (0, 50, 150, 500):
        drawn = animegan_tf.generate_image(generator, num_images=16, seed=1)
        stages[f"step {step}"] = sheet(drawn, columns=4)
    batch = {
        "input": rng.normal(size=(32, 16)).astype("float32"),
        "anime": real[rng.integers(0, len(real), 32)],
    }
    losses = animegan_tf.train_step(generator, discriminator, optimizer, batch)
    history.append([float(losses["discriminator"]), float(losses["generator"])])

show(stages | {"real": sheet(balls[:16], columns=4)})

# %% [markdown]
# The same 16 noise vectors at four moments, and real balls on the right. It begins with
# grey, then come speckled blots, then spots in wild colours. At the end the colours are
# the three of the real balls, and most spots have a light and a dark side, though few
# are quite round.
#
# A detail that matters: in training, batch normalization uses the means of the batch
# at hand; in use, as here, running means of the past batches. Keras' memory for these,
# 0.99 an update, is too long for such a quick start: step 150 would be almost white,
# though training sees good spots. The generators of this library have 0.9.

# %%
figure, axis = plt.subplots(figsize=(7, 2.4))
axis.plot(history, alpha=0.8, label=["discriminator", "generator"])
axis.axhline(np.log(2), color="gray", linestyle=":", label="a coin toss, log 2")
axis.set_xlabel("step")
axis.set_ylim(0, 2)
axis.legend(fontsize=8)
figure.tight_layout()
plt.show()

# %% [markdown]
# Do not wait for these curves to fall. They are a contest: each network's loss depends
# on how good the other one is at the moment. The pictures get better while the curves
# wander. (Articles 001 and 003 print these losses as progress; that is why
# `docs/documents.md` says what they can tell and what not.)
#
# ## 2. WGAN-GP: a loss that means something
#
# Article 003 names WGAN-GP as a cure for unsteady training. The discriminator becomes a
# *critic*: it gives any number, and a penalty keeps the slope of its verdict near 1.
# Then the gap between its verdicts on real and drawn pictures is a distance between
# the two sets, which should fall as the pictures get better.
#
# This time we use the recipe of the command line, which reads a folder and keeps a run
# folder with log, samples and checkpoints:
# `animegan-tf train --recipe wgan_gp --style balls --run wgan_gp`.

# %%
write(balls, "balls")
base = default_config("wgan_gp")
config = dataclasses.replace(
    base,
    steps=250,
    data=dataclasses.replace(base.data, style="balls", batch_size=24, validation=0.0),
    stabilizers=Stabilizers(gradient_penalty=10.0, critic_steps=4),
    generator_options={
        "latent_dim": 16,
        "image_size": SIZE,
        "width": 48,
        "upsampling": "resize",
    },
    discriminator_options={"width": 32, "num_downsamples": 2, "dropout": 0.0},
    generator_learning_rate=1e-3,
    discriminator_learning_rate=1e-3,
    ema_decay=0.9,
    log_every=2,
    sample_every=125,
    checkpoint_every=1000,
)
run = run_recipe(config, "wgan_gp", progress=False)
log = read_log(run)

# %%
steps = [line["step"] for line in log]
gap = np.array([line["real_logits"] - line["fake_logits"] for line in log])
smooth = np.convolve(np.pad(gap, 5, mode="edge"), np.ones(11) / 11, mode="valid")
network = keras.saving.load_model(run.path / "generator.keras", compile=False)
drawn = animegan_tf.generate_image(network, num_images=16, seed=1)

figure, axes = plt.subplots(1, 3, figsize=(9, 2.6), width_ratios=[2, 1, 1])
axes[0].plot(steps, gap, color="#bbccdd")
axes[0].plot(steps, smooth, color="#4477aa")
axes[0].set_title("gap of the critic's verdicts", fontsize=9)
axes[0].set_xlabel("step")
for axis, (name, pictures) in zip(
    axes[1:], {"drawn": drawn, "real": balls}.items(), strict=True
):
    axis.imshow(sheet(pictures[:16], columns=4), interpolation="nearest")
    axis.set_title(name, fontsize=9)
    axis.axis("off")
figure.tight_layout()
plt.show()
print(
    f"gap at the start {smooth[:10].mean():.1f}, at the end {smooth[-10:].mean():.1f}"
)

# %% [markdown]
# The gap falls steeply while grey noise becomes balls, and then stays level: coarse
# faults are gone, and the critic, which learns too, now finds fine ones. More steps and
# larger networks would push it further down. Unlike the curves of part 1, a high gap
# here means bad pictures. The price is time: four updates of the critic for each of the
# generator.
#
# ## 3. pix2pix: from pairs
#
# In article 003 a conditional GAN turns one picture into another. It learns from pairs:
# here from flat shapes to the same shapes with light and shade. The discriminator sees
# both pictures and asks: does this drawing belong to that photo? An L1 loss keeps the
# result near its partner. Pairs have the same file name in two folders.

# %%
write(flat, "flat")
write(shaded, "shaded")
base = default_config("pix2pix")
config = dataclasses.replace(
    base,
    steps=500,
    data=dataclasses.replace(
        base.data,
        photos="flat",
        style="shaded",
        crop_size=SIZE,
        batch_size=4,
        coverage=(1.0, 1.0),
        flip=False,
    ),
    generator_options={**base.generator_options, "width": 16, "num_downsamples": 3},
    discriminator_options={"width": 16, "num_downsamples": 2},
    generator_learning_rate=2e-3,
    ema_decay=0.95,
    log_every=5,
    sample_every=250,
    checkpoint_every=1000,
)
run = run_recipe(config, "pix2pix", progress=False)
log = read_log(run)

# %%
new = [draw_shape(rng.uniform(), bool(rng.integers(2))) for _ in range(12)]
network = keras.saving.load_model(run.path / "generator.keras", compile=False)
inputs = np.stack([pair[0] for pair in new])
drawn = to_uint8(network(to_float(inputs), training=False))
figure, axes = plt.subplots(3, 1, figsize=(9, 2.9))
for axis, (name, pictures) in zip(
    axes,
    {"flat, never seen": inputs, "drawn": drawn, "right": [p[1] for p in new]}.items(),
    strict=True,
):
    axis.imshow(sheet(pictures), interpolation="nearest")
    axis.set_title(name, fontsize=8)
    axis.axis("off")
figure.tight_layout()
plt.show()

figure, axis = plt.subplots(figsize=(6, 2))
axis.plot([line["step"] for line in log], [line["l1"] for line in log])
axis.set_title("L1 distance to the partner", fontsize=9)
axis.set_xlabel("step")
figure.tight_layout()
plt.show()

# %% [markdown]
# The network was shown no light and no ball, only pairs. Look at the glint: it sits at
# the upper left of each new shape, wherever the shape is.
#
# ## 4. CycleGAN: without pairs
#
# Who has the same scene both as a photo and as a drawing? A CycleGAN needs only a pile
# of each. Two generators, there and back, must give the picture back after the round
# trip (`cycle`), and two discriminators judge whether the results look like the other
# pile. The classic example turns horses into zebras. Ours turns plain shapes into
# striped ones.

# %%
stripes = ((ROWS + COLUMNS) * SIZE // 3 % 2 == 0)[..., np.newaxis]


def brown_shape():
    return draw_shape(rng.uniform(0.05, 0.11), bool(rng.integers(2)))[0]


def draw_stripes(picture):
    inside = picture.min(axis=-1, keepdims=True) < 160
    return np.where(inside & stripes, 20, picture).astype(np.uint8)


plain = [brown_shape() for _ in range(128)]
striped = [draw_stripes(brown_shape()) for _ in range(128)]
write(plain, "plain")
write(striped, "striped")
show({"plain": sheet(plain[:24]), "striped (other shapes)": sheet(striped[:24])})

# %%
base = default_config("cyclegan")
config = dataclasses.replace(
    base,
    steps=250,
    data=dataclasses.replace(
        base.data,
        photos="plain",
        style="striped",
        crop_size=SIZE,
        batch_size=4,
        coverage=(1.0, 1.0),
        flip=False,
    ),
    generator_options={"width": 16, "num_blocks": 3},
    discriminator_options={"width": 16, "num_downsamples": 2},
    generator_learning_rate=1e-3,
    discriminator_learning_rate=1e-3,
    ema_decay=0.95,
    log_every=5,
    sample_every=125,
    checkpoint_every=1000,
)
run = run_recipe(config, "cyclegan", progress=False)
log = read_log(run)

# %%
network = keras.saving.load_model(run.path / "generator.keras", compile=False)
inputs = np.stack([brown_shape() for _ in range(12)])
drawn = to_uint8(network(to_float(inputs), training=False))
figure, axes = plt.subplots(2, 1, figsize=(9, 2.1))
for axis, (name, pictures) in zip(
    axes, {"plain, never seen": inputs, "drawn": drawn}.items(), strict=True
):
    axis.imshow(sheet(pictures), interpolation="nearest")
    axis.set_title(name, fontsize=8)
    axis.axis("off")
figure.tight_layout()
plt.show()

figure, axis = plt.subplots(figsize=(6, 2))
for name in ("cycle", "identity"):
    axis.plot([line["step"] for line in log], [line[name] for line in log], label=name)
axis.legend(fontsize=8)
axis.set_xlabel("step")
figure.tight_layout()
plt.show()

# %% [markdown]
# No plain shape ever had a striped partner, and still each becomes a striped shape of
# the same place and size: the round trip forbids to draw another one. The run's sample
# sheet shows the photo, the drawing, and the way back:

# %%
last = sorted((run.path / "samples").iterdir())[-1]
show({"plain, striped, plain again": animegan_tf.read_image(last)}, height=3)

# %% [markdown]
# ## Where to go from here
#
# The same recipes train on folders of real pictures; only the sizes grow:
#
# ```bash
# animegan-tf train --recipe cyclegan --photos photos --style drawings --run runs/cycle
# ```
#
# `animegan_tf.train_gan` is article 001's way, with `train_on_batch`;
# `examples/subclassed_gan.py` is article 002's, with classes of your own.
