# %% [markdown]
# # 3. Inside the losses
#
# A generator minimizes a weighted sum of losses. Each loss measures one property of an
# image and ignores others. This notebook looks at them one by one: content, style,
# color, total variation and the adversarial loss.
#
# All of them are pure functions in `animegan_tf.losses`, from tensors to a scalar. The
# images come with Matplotlib and scikit-image; nothing is downloaded.
#
# It needs the package with the extra `notebooks`. In a copy of the project:
#
# ```bash
# pip install ".[notebooks]"
# ```

# %%
import matplotlib.cbook
import matplotlib.pyplot as plt
import numpy as np
import skimage.data
from matplotlib_inline.backend_inline import set_matplotlib_formats
from PIL import Image, ImageFilter

import animegan_tf

animegan_tf.import_tensorflow_quietly()
import keras
import tensorflow as tf
from keras import ops

from animegan_tf.imaging.arrays import to_float, to_uint8
from animegan_tf.losses import adversarial, perceptual, pixel

keras.utils.set_random_seed(0)
set_matplotlib_formats("jpeg", pil_kwargs={"quality": 78})


# %%
def square(image, size=192):
    """Crop the center square of a uint8 image and resize it."""
    side = min(image.shape[:2])
    top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    crop = Image.fromarray(image[top : top + side, left : left + side])
    return np.asarray(crop.resize((size, size), Image.Resampling.LANCZOS))


def show(images, height=2.2):
    """Show images side by side, each with its title."""
    figure, axes = plt.subplots(1, len(images), figsize=(9, height))
    for axis, (name, image) in zip(axes, images.items(), strict=True):
        axis.imshow(image)
        axis.set_title(name, fontsize=9)
        axis.axis("off")
    figure.tight_layout()
    plt.show()


def batch(image):
    """Convert a uint8 image to a float batch of one, in [-1, 1]."""
    return to_float(image)[np.newaxis]


hopper_path = matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
photo = square(skimage.data.chelsea())
others = {
    "hopper": square(animegan_tf.read_image(hopper_path)[:512]),
    "astronaut": square(skimage.data.astronaut()),
    "coffee": square(skimage.data.coffee()),
}
show({"photo": photo, **others})

# %% [markdown]
# ## Feature maps
#
# Content and style are measured on *features*: the feature maps of a frozen network
# that was trained for image classification. VGG19 is the usual choice; the package
# includes a small network, `"bundled"`, trained to reproduce the feature maps of its
# first three blocks.

# %%
LAYERS = ("block1_conv1", "block2_conv1", "block3_conv1")
extractor = animegan_tf.build_feature_extractor("bundled", layers=LAYERS)


def features(image):
    return extractor(batch(image), training=False)


figure, axes = plt.subplots(3, 6, figsize=(9, 4.8))
for row, (layer, maps) in zip(axes, features(photo).items(), strict=True):
    maps = ops.convert_to_numpy(maps)[0]
    strongest = np.argsort(maps[4:-4, 4:-4].std(axis=(0, 1)))[::-1][:6]
    for axis, channel in zip(row, strongest, strict=True):
        axis.imshow(maps[..., channel], cmap="magma")
        axis.set_title(f"{layer} #{channel}", fontsize=7)
        axis.axis("off")
figure.tight_layout()
plt.show()

# %% [markdown]
# Each plot shows one channel, bright where its activation is high. The first block
# responds to edges and colors, the third to textures and small shapes, at a quarter of
# the resolution.
#
# ## What each loss is sensitive to
#
# We change the photo in seven ways ("swapped" exchanges red and blue) and compute every
# loss between the result and the photo.

# %%
photo_image = Image.fromarray(photo)
changed = {
    "brighter": np.clip(photo * 1.15, 0, 255).astype(np.uint8),
    "swapped": photo[..., ::-1],
    "faded": (photo * 0.5 + 64).astype(np.uint8),
    "blurred": np.asarray(photo_image.filter(ImageFilter.GaussianBlur(2))),
    "noisy": to_uint8(
        to_float(photo) + np.random.default_rng(0).normal(0, 0.12, photo.shape)
    ),
    "shifted": np.roll(photo, (6, 6), axis=(0, 1)),
    "comic": animegan_tf.Stylizer.from_preset("comic")(photo),
}
show(changed, height=1.6)


# %%
def gram(image):
    return {
        name: perceptual.gram_matrix(maps) for name, maps in features(image).items()
    }


def correlation(image):
    return {
        name: perceptual.correlation_gram(maps)
        for name, maps in features(image).items()
    }


def measure(image, reference):
    x, y = batch(image), batch(reference)
    return {
        "l1": pixel.l1_loss(x, y),
        "gradient": pixel.gradient_loss(x, y),
        "color_yuv": pixel.color_yuv_loss(x, y),
        "content": perceptual.content_loss(features(image), features(reference)),
        "Gram": perceptual.style_loss(gram(image), gram(reference)),
        "correlation": perceptual.correlation_style_loss(
            correlation(image), correlation(reference)
        ),
    }


rows = {
    name: {term: float(value) for term, value in measure(image, photo).items()}
    for name, image in changed.items()
}
terms = list(rows["shifted"])
table = np.array([[row[term] for term in terms] for row in rows.values()])

figure, axis = plt.subplots(figsize=(7, 3.4))
axis.imshow(table / table.max(axis=0), cmap="Blues", aspect="auto", vmin=0, vmax=1.2)
axis.set_xticks(range(len(terms)), terms)
axis.set_yticks(range(len(rows)), rows)
for (row, column), value in np.ndenumerate(table):
    axis.text(column, row, f"{value:.3f}", ha="center", va="center", fontsize=8)
axis.set_title("Each column is shaded relative to its largest value", fontsize=9)
figure.tight_layout()
plt.show()

# %% [markdown]
# Column by column:
#
# - `l1` compares pixel by pixel. Swapped colors have the largest distance; a shift by
#   six pixels comes next, before the stylized image.
# - `gradient` compares only the differences of neighboring pixels: a change of
#   brightness barely matters, and noise matters most.
# - `color_yuv` weighs brightness as `l1` does and the two chroma channels less, so
#   swapped colors no longer stand out from the rest.
# - `content` responds to every change to some degree. It is computed position by
#   position, so a shift matters.
# - `Gram` and `correlation` respond little to the shift ("shifted"): they measure
#   style, independently of position. They differ in how they respond to "faded", which
#   is discussed below.
#
# ## Style: Gram matrices
#
# A Gram matrix holds, for each pair of channels, the mean product of their activations
# over all positions. It discards *where* things are and keeps *how* they are drawn. To
# show this, we cut the photo into squares and shuffle them.

# %%
tiles = photo.reshape(4, 48, 4, 48, 3).swapaxes(1, 2).reshape(16, 48, 48, 3)
tiles = tiles[np.random.default_rng(1).permutation(16)]
shuffled = tiles.reshape(4, 4, 48, 48, 3).swapaxes(1, 2).reshape(192, 192, 3)
show({"photo": photo, "shuffled": shuffled, **others})

candidates = {"shuffled": shuffled, **others}
content = [
    float(perceptual.content_loss(features(image), features(photo)))
    for image in candidates.values()
]
style = [
    float(perceptual.correlation_style_loss(correlation(image), correlation(photo)))
    for image in candidates.values()
]
figure, axes = plt.subplots(1, 2, figsize=(8, 2.2), sharey=True)
for axis, values, title in zip(
    axes, (content, style), ("content loss", "style loss (correlation)"), strict=True
):
    axis.barh(list(candidates), values, color="#4477aa")
    axis.set_title(title, fontsize=10)
axes[0].invert_yaxis()
figure.tight_layout()
plt.show()

# %% [markdown]
# In content, the shuffled image is more than half as far from the photo as entirely
# different photos are. In style it is by far the closest: it has the same fur at other
# positions.
#
# ## Gram matrices reward low contrast
#
# The entries of a Gram matrix are products of activations, so they shrink with the
# square of the contrast. A photo with a rough texture can therefore come closer to a
# smooth drawing just by losing contrast, and a generator that minimizes the Gram
# distance learns to produce hazy images. The *correlation* divides each entry by the
# standard deviations of its two channels, so it does not depend on the contrast.

# %%
rough = square(np.repeat(skimage.data.gravel()[..., np.newaxis], 3, axis=2)[:256, :256])
smooth_drawing = animegan_tf.Stylizer.from_preset("soft")(photo)


def fade(image, contrast):
    mean = image.mean(axis=(0, 1))
    return to_uint8(to_float(mean + contrast * (image - mean)))


contrasts = np.array([1.0, 0.8, 0.6, 0.45, 0.3, 0.2])
show(
    {"rough photo": rough, "faded": fade(rough, 0.3), "smooth drawing": smooth_drawing}
)
plain = [
    float(perceptual.style_loss(gram(fade(rough, contrast)), gram(smooth_drawing)))
    for contrast in contrasts
]
correlated = [
    float(
        perceptual.correlation_style_loss(
            correlation(fade(rough, contrast)), correlation(smooth_drawing)
        )
    )
    for contrast in contrasts
]

figure, axis = plt.subplots(figsize=(6, 2.8))
axis.plot(contrasts, np.array(plain) / plain[0], "o-", label="Gram distance")
axis.plot(
    contrasts, np.array(correlated) / correlated[0], "s-", label="correlation distance"
)
axis.invert_xaxis()
axis.set_ylim(0, 1.4)
axis.set_xlabel("contrast of the photo (decreasing to the right)")
axis.set_ylabel("distance relative to the start")
axis.legend(loc="lower left")
figure.tight_layout()
plt.show()

# %% [markdown]
# The Gram distance falls to half although nothing but the contrast has changed. The
# correlation distance stays almost the same. Therefore the style term of the recipe
# `anime` is `correlation_style_loss`; `style_loss` is that of the papers.
#
# ## Total variation
#
# `total_variation_loss` is the mean squared difference of neighboring pixels. It needs
# no reference: it penalizes any roughness. Below, gradient descent changes the *pixels*
# of a noisy image to minimize L1 plus total variation, with increasing weights of the
# latter.

# %%
noisy = to_float(changed["noisy"])[np.newaxis, 40:136, 40:136]


def smooth(weight, steps=60):
    pixels = tf.Variable(noisy)
    optimizer = keras.optimizers.Adam(0.03)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = pixel.l1_loss(pixels, noisy)
            loss += weight * pixel.total_variation_loss(pixels)
        optimizer.apply_gradients([(tape.gradient(loss, pixels), pixels)])

    for _ in range(steps):
        step()
    return to_uint8(pixels.numpy()[0])


show(
    {"noisy": to_uint8(noisy[0])}
    | {f"weight {weight}": smooth(weight) for weight in (5, 20, 150)},
)

# %% [markdown]
# A weight of 20 removes the noise and some of the fur with it; a weight of 150 removes
# the cat. Because of this trade-off, the recipe `anime` sets its `total_variation`
# weight to 0 by default.
#
# ## Adversarial losses
#
# The discriminator returns a *logit*, which is high for images it classifies as real
# drawings and low for generated ones. Adversarial losses differ in the gradient that
# they give the generator.

# %%
logits = np.linspace(-4, 4, 81, dtype="float32")
figure, axes = plt.subplots(1, 2, figsize=(9, 3))
for name, family in adversarial.ADVERSARIAL_LOSSES.items():
    inputs = tf.Variable(logits)
    with tf.GradientTape() as tape:
        values = tf.stack([family.generator(inputs[i : i + 1]) for i in range(81)])
        total = tf.reduce_sum(values)
    dashes = "--" if name == "wasserstein" else "-"
    axes[0].plot(logits, values, dashes, label=name)
    axes[1].plot(logits, -tape.gradient(total, inputs).numpy(), dashes, label=name)
axes[0].set_title("generator's loss")
axes[1].set_title("gradient toward 'real'")
for axis in axes:
    axis.set_xlabel("logit of a generated image")
    axis.set_ylim(-5, 6)
axes[1].legend(fontsize=7, labelspacing=0.2, loc="lower left")
figure.tight_layout()
plt.show()

# %% [markdown]
# The left side of the right plot is where generated images are rejected, as at the
# start of a training. `bce_saturating`, the loss of the first GAN paper, has almost no
# gradient there; `bce` has a gradient of 1; that of `lsgan` grows with the distance and
# points *back* beyond 1; `hinge` and `wasserstein` have a constant gradient. (Their
# generator losses are the same formula, so the lines coincide.)
#
# ## What a patch discriminator responds to
#
# A PatchGAN returns a logit for every patch. We train one for a few seconds to tell
# drawings of the style `comic` from photos, and then apply it to an image that is half
# photo and half drawing.

# %%
comic = animegan_tf.Stylizer.from_preset("comic")
drawings = np.stack([comic(image) for image in others.values()])
photos = np.stack(list(others.values()))
discriminator = animegan_tf.build_discriminator("patch", width=16)
optimizer = keras.optimizers.Adam(1e-3)
optimizer.build(discriminator.trainable_variables)
rng = np.random.default_rng(0)


def crops(images, count=8, side=64):
    corners = rng.integers(0, 192 - side, (count, 2))
    chosen = images[rng.integers(0, len(images), count)]
    return np.stack(
        [
            to_float(image[top : top + side, left : left + side])
            for image, (top, left) in zip(chosen, corners, strict=True)
        ]
    )


@tf.function
def train_step(real, fake):
    with tf.GradientTape() as tape:
        real_logits = discriminator(real, training=True)
        fake_logits = discriminator(fake, training=True)
        loss = adversarial.lsgan_real_loss(real_logits)
        loss += adversarial.lsgan_fake_loss(fake_logits)
    variables = discriminator.trainable_variables
    optimizer.apply(tape.gradient(loss, variables), variables)
    return loss


losses = [float(train_step(crops(drawings), crops(photos))) for _ in range(150)]
print(f"loss at the start {losses[0]:.2f}, at the end {np.mean(losses[-20:]):.2f}")

# %%
half = photo.copy()
half[:, 96:] = changed["comic"][:, 96:]
patch_logits = discriminator(batch(half), training=False).numpy()[0, ..., 0]
figure, axes = plt.subplots(1, 2, figsize=(7, 3))
axes[0].imshow(half)
axes[0].set_title("left: photo, right: drawing", fontsize=9)
shown = axes[1].imshow(patch_logits, cmap="coolwarm", vmin=-0.5, vmax=1.5)
axes[1].set_title("logit of each patch: 1 is a real drawing, 0 is not", fontsize=9)
figure.colorbar(shown)
for axis in axes:
    axis.axis("off")
figure.tight_layout()
plt.show()
half_width = patch_logits.shape[1] // 2
print(f"mean logit: photo {patch_logits[:, :half_width].mean():.2f}, ", end="")
print(f"drawing {patch_logits[:, half_width:].mean():.2f}")

# %% [markdown]
# The discriminator was not trained on this image, and its logits are still highest at
# contours of the drawing, in the right half. The difference is small: after so few
# steps, flat areas, and a style that keeps the photo's colors, tell it little. Because
# it classifies small patches rather than whole images, it teaches the generator *style*
# rather than content.
#
# The weights of all terms are the fields of the recipe's `weights`, such as
# `animegan_tf.default_config("anime").weights`; the log of a run has a column for each.
#
# Next: [the articles' GANs in miniature](04_gans_in_miniature.ipynb).
