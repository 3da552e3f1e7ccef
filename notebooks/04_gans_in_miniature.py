# %% [markdown]
# # 4. The articles' GANs in miniature
#
# Five articles, numbered 000 to 004, describe the methods that this library implements;
# `docs/documents.md` maps every part of them to the code. They cover four kinds of GAN.
# Here each of them is trained in a minute or two on a CPU, on synthetic images of 32x32
# pixels:
#
# | Part | GAN | Task | Articles |
# |---|---|---|---|
# | 1 | DCGAN | generate images from noise | 001 (5.2), 002 (5.2), 003 (2.2), 004 |
# | 2 | WGAN-GP | the same, with more stable training | 003 (9, Q2) |
# | 3 | pix2pix | image-to-image translation with pairs | 003 (7.3) |
# | 4 | CycleGAN | image-to-image translation without pairs | 003 (7.3), 001 (8.2) |
#
# It needs the package with the extra `notebooks`. In a copy of the project:
#
# ```bash
# pip install ".[notebooks]"
# ```

# %%
import colorsys
import dataclasses
import json
import shutil
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib_inline.backend_inline import set_matplotlib_formats

import animegan_tf

animegan_tf.import_tensorflow_quietly()
import keras

from animegan_tf.imaging.arrays import to_float, to_uint8

keras.utils.set_random_seed(0)
set_matplotlib_formats("jpeg", pil_kwargs={"quality": 85})
SIZE = 32

# All files go into this folder; those of an earlier run are removed.
FOLDER = Path("04_files")
shutil.rmtree(FOLDER, ignore_errors=True)
FOLDER.mkdir()


# %%
def sheet(images, columns=12):
    """Arrange images in a grid."""
    rows = len(images) // columns
    grid = np.stack(images[: rows * columns]).reshape(rows, columns, SIZE, SIZE, 3)
    return grid.swapaxes(1, 2).reshape(rows * SIZE, columns * SIZE, 3)


def show(images, height=2.0):
    """Show images side by side, each with its title."""
    figure, axes = plt.subplots(1, len(images), figsize=(9, height))
    for axis, (name, image) in zip(np.atleast_1d(axes), images.items(), strict=True):
        axis.imshow(image, interpolation="nearest")
        axis.set_title(name, fontsize=9)
        axis.axis("off")
    figure.tight_layout()
    plt.show()


def show_rows(rows, height):
    """Show grids of images below one another, each with its title."""
    figure, axes = plt.subplots(len(rows), 1, figsize=(9, height))
    for axis, (name, images) in zip(axes, rows.items(), strict=True):
        axis.imshow(sheet(images), interpolation="nearest")
        axis.set_title(name, fontsize=8)
        axis.axis("off")
    figure.tight_layout()
    plt.show()


def write(images, name):
    """Write images into a new folder, and return its path."""
    folder = FOLDER / name
    folder.mkdir()
    for index, image in enumerate(images):
        animegan_tf.write_image(image, folder / f"{index:04d}.png")
    return str(folder)


def read_log(run):
    """Read the training lines of a run's log, without those of the validation."""
    lines = (run.path / "metrics.jsonl").read_text().splitlines()
    return [line for line in map(json.loads, lines) if "discriminator" in line]


def plot_log(log, *names):
    """Plot values of a log."""
    figure, axis = plt.subplots(figsize=(6, 2))
    steps = [line["step"] for line in log]
    for name in names:
        axis.plot(steps, [line[name] for line in log], label=name)
    axis.legend(fontsize=8)
    axis.set_xlabel("step")
    figure.tight_layout()
    plt.show()


# %% [markdown]
# ## Training images
#
# A shape is a disk or a square of one color on a light background. Each one is rendered
# twice: flat, and shaded as if lit from the upper left.

# %%
rng = np.random.default_rng(0)
ROWS, COLUMNS = np.mgrid[:SIZE, :SIZE] / SIZE


def draw_shape(hue, square):
    """Render one shape, flat and shaded, as uint8 images."""
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
# ## 1. DCGAN: images from noise
#
# Article 004 asks for four functions: a loss, an optimizer, a training step and
# generation. They are `build_loss`, `build_optimizer`, `train_step` and
# `generate_image`. The networks are those of articles 001 to 003: the generator maps
# noise through a dense layer and several upsampling layers to an image, and the
# discriminator maps an image to a logit.

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
        generated = animegan_tf.generate_image(generator, num_images=16, seed=1)
        stages[f"step {step}"] = sheet(generated, columns=4)
    batch = {
        "input": rng.normal(size=(32, 16)).astype("float32"),
        "anime": real[rng.integers(0, len(real), 32)],
    }
    losses = animegan_tf.train_step(generator, discriminator, optimizer, batch)
    history.append([float(losses["discriminator"]), float(losses["generator"])])

show(stages | {"real": sheet(balls[:16], columns=4)})

# %% [markdown]
# The images of the same 16 noise vectors at four steps, and real images on the right.
# The images are gray at first, then speckled, then show spots in saturated colors. At
# the end their colors are the three of the real images, and most spots have a light and
# a dark side, though few are perfectly round.
#
# Batch normalization matters here: in training it uses the statistics of the current
# batch; in inference, as for these images, moving averages of past batches. Keras'
# default momentum for these, 0.99, is too slow for such a short training: images at
# step 150 would be almost white although those seen in training are good. The
# generators of this library use 0.9.

# %%
figure, axis = plt.subplots(figsize=(7, 2.4))
axis.plot(history, alpha=0.8, label=["discriminator", "generator"])
axis.axhline(np.log(2), color="gray", linestyle=":", label="chance, log 2")
axis.set_xlabel("step")
axis.set_ylim(0, 2)
axis.legend(fontsize=8)
figure.tight_layout()
plt.show()

# %% [markdown]
# These losses are not expected to fall: each network's loss depends on the current
# strength of the other one, and the images improve while the curves fluctuate.
# (Articles 001 and 003 print these losses as a measure of progress.)
#
# ## 2. WGAN-GP: a loss that measures progress
#
# Article 003 mentions WGAN-GP as a remedy for unstable training. The discriminator
# becomes a *critic*, whose output is not a probability, and a penalty keeps the norm of
# its gradient near 1. The difference between its mean outputs for real and generated
# images then estimates a distance between the two distributions, which should fall as
# the images improve.
#
# This time we use the recipe of the command line, which reads a folder of images and
# writes a run folder with log, samples and checkpoints:
# `animegan-tf train --recipe wgan_gp --style balls --run wgan_gp`.

# %%
base = animegan_tf.default_config("wgan_gp")
config = dataclasses.replace(
    base,
    steps=250,
    data=dataclasses.replace(
        base.data, style=write(balls, "balls"), batch_size=24, validation=0.0
    ),
    critic_steps=4,
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
run = animegan_tf.train(config, FOLDER / "wgan_gp", progress=False)
log = read_log(run)

# %%
steps = [line["step"] for line in log]
gap = np.array([line["real_logits"] - line["fake_logits"] for line in log])
smooth = np.convolve(np.pad(gap, 5, mode="edge"), np.ones(11) / 11, mode="valid")
network = animegan_tf.load_generator(run.path)
generated = animegan_tf.generate_image(network, num_images=16, seed=1)

figure, axes = plt.subplots(1, 3, figsize=(9, 2.6), width_ratios=[2, 1, 1])
axes[0].plot(steps, gap, color="#bbccdd")
axes[0].plot(steps, smooth, color="#4477aa")
axes[0].set_title("real_logits - fake_logits of the critic", fontsize=9)
axes[0].set_xlabel("step")
for axis, (name, images) in zip(
    axes[1:], {"generated": generated, "real": balls}.items(), strict=True
):
    axis.imshow(sheet(images[:16], columns=4), interpolation="nearest")
    axis.set_title(name, fontsize=9)
    axis.axis("off")
figure.tight_layout()
plt.show()
first, last = smooth[:10].mean(), smooth[-10:].mean()
print(f"difference at the start {first:.1f}, at the end {last:.1f}")

# %% [markdown]
# The difference falls steeply while the images turn from noise into balls, and then
# stays level: the coarse errors are gone, and the critic, which keeps learning, detects
# finer ones. More steps and larger networks would reduce it further. Unlike the losses
# of part 1, a large difference here means that the images are bad. The cost is time:
# four updates of the critic for each update of the generator.
#
# ## 3. pix2pix: image-to-image translation with pairs
#
# In article 003, a conditional GAN translates one image into another. It learns from
# pairs: here, from flat shapes and the same shapes with shading. The discriminator sees
# the input and the target, or the input and the result, and classifies the pair. An L1
# loss keeps the result close to its target. The two images of a pair have the same file
# name in two folders.

# %%
base = animegan_tf.default_config("pix2pix")
config = dataclasses.replace(
    base,
    steps=500,
    data=dataclasses.replace(
        base.data,
        photos=write(flat, "flat"),
        style=write(shaded, "shaded"),
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
run = animegan_tf.train(config, FOLDER / "pix2pix", progress=False)
log = read_log(run)

# %%
new = [draw_shape(rng.uniform(), bool(rng.integers(2))) for _ in range(12)]
network = animegan_tf.load_generator(run.path)
inputs = np.stack([pair[0] for pair in new])
results = to_uint8(network(to_float(inputs), training=False))
targets = [pair[1] for pair in new]
show_rows(
    {"input (not in the training)": inputs, "result": results, "target": targets}, 2.9
)
plot_log(log, "l1")

# %% [markdown]
# Shading was learned from pairs alone. The highlight is at the upper left of each new
# shape, wherever the shape is.
#
# ## 4. CycleGAN: image-to-image translation without pairs
#
# Photos and drawings of the same scene are rarely available. CycleGAN needs only a
# collection of each. Two generators translate in both directions; an image translated
# there and back must equal the original (`cycle`), and two discriminators compare the
# results with the images of the other collection. The classic example translates horses
# into zebras. Ours translates plain shapes into striped ones.

# %%
stripes = ((ROWS + COLUMNS) * SIZE // 3 % 2 == 0)[..., np.newaxis]


def brown_shape():
    return draw_shape(rng.uniform(0.05, 0.11), bool(rng.integers(2)))[0]


def add_stripes(image):
    inside = image.min(axis=-1, keepdims=True) < 160
    return np.where(inside & stripes, 20, image).astype(np.uint8)


plain = [brown_shape() for _ in range(128)]
striped = [add_stripes(brown_shape()) for _ in range(128)]
show({"plain": sheet(plain[:24]), "striped (other shapes)": sheet(striped[:24])})

# %%
base = animegan_tf.default_config("cyclegan")
config = dataclasses.replace(
    base,
    steps=250,
    data=dataclasses.replace(
        base.data,
        photos=write(plain, "plain"),
        style=write(striped, "striped"),
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
run = animegan_tf.train(config, FOLDER / "cyclegan", progress=False)
log = read_log(run)

# %%
network = animegan_tf.load_generator(run.path)
inputs = np.stack([brown_shape() for _ in range(12)])
results = to_uint8(network(to_float(inputs), training=False))
show_rows({"plain (not in the training)": inputs, "result": results}, 2.1)
plot_log(log, "cycle", "identity")

# %% [markdown]
# No plain shape had a striped counterpart, and still each is translated into a striped
# shape of the same position and size, because the cycle loss penalizes any other. The
# sample sheets of the run begin with the input, its translation, and the translation
# back:

# %%
last = sorted((run.path / "samples").iterdir())[-1]
sheet_image = animegan_tf.read_image(last)[:, : 3 * SIZE]
show({"plain, striped, plain again": sheet_image}, height=3)

# %% [markdown]
# ## Next steps
#
# The same recipes train on folders of real images; only the sizes grow:
#
# ```bash
# animegan-tf train --recipe cyclegan --photos photos --style drawings --run runs/cycle
# ```
#
# `animegan_tf.train_gan` is the interface of article 001, for images in arrays, and
# `animegan_tf.compile_gan` returns a `keras.Model` with `fit` and `train_on_batch`;
# `examples/subclassed_gan.py` trains subclassed models as in article 002.
