# %% [markdown]
# # 3. Inside the losses
#
# A network that draws is taught by a sum of losses. Each one looks at the drawing in
# its own way, and each one is blind to something. Here we look through their eyes, one
# after the other: content, style, colour, total variation and the adversary.
#
# All of them are plain functions in `animegan_tf.losses`: tensors in, one number out.
# The pictures come with Matplotlib and scikit-image; nothing is downloaded.

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
def square(picture, size=192):
    """Cut the middle square of a uint8 picture and scale it."""
    side = min(picture.shape[:2])
    top, left = (picture.shape[0] - side) // 2, (picture.shape[1] - side) // 2
    image = Image.fromarray(picture[top : top + side, left : left + side])
    return np.asarray(image.resize((size, size), Image.Resampling.LANCZOS))


def show(pictures, height=2.2):
    """Show pictures side by side under their names."""
    figure, axes = plt.subplots(1, len(pictures), figsize=(9, height))
    for axis, (name, picture) in zip(axes, pictures.items(), strict=True):
        axis.imshow(picture)
        axis.set_title(name, fontsize=9)
        axis.axis("off")
    figure.tight_layout()
    plt.show()


def batch(picture):
    """Turn a uint8 picture into a float batch of one, in [-1, 1]."""
    return to_float(picture)[np.newaxis]


hopper_path = matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
photo = square(skimage.data.chelsea())
others = {
    "hopper": square(animegan_tf.read_image(hopper_path)[:512]),
    "astronaut": square(skimage.data.astronaut()),
    "coffee": square(skimage.data.coffee()),
}
show({"photo": photo, **others})

# %% [markdown]
# ## What the network sees
#
# Content and style are measured on *features*: the maps of a frozen network that was
# once trained to recognize things. VGG19 is the usual one; the package brings a small
# network with maps like those of its first three blocks, `"bundled"`.

# %%
LAYERS = ("block1_conv1", "block2_conv1", "block3_conv1")
extractor = animegan_tf.build_feature_extractor("bundled", layers=LAYERS)


def features(picture):
    return extractor(batch(picture), training=False)


figure, axes = plt.subplots(3, 6, figsize=(9, 4.8))
for row, (layer, maps) in zip(axes, features(photo).items(), strict=True):
    maps = ops.convert_to_numpy(maps)[0]
    liveliest = np.argsort(maps[4:-4, 4:-4].std(axis=(0, 1)))[::-1][:6]
    for axis, channel in zip(row, liveliest, strict=True):
        axis.imshow(maps[..., channel], cmap="magma")
        axis.set_title(f"{layer} #{channel}", fontsize=7)
        axis.axis("off")
figure.tight_layout()
plt.show()

# %% [markdown]
# Each little picture is one channel: bright where the channel finds what it looks for.
# The first block finds edges and colours, the third finds textures and small shapes, at
# a quarter of the size.
#
# ## Which loss notices what?
#
# We spoil the photo in seven ways ("swapped" exchanges red and blue) and ask every loss
# how far the result is from it.

# %%
image = Image.fromarray(photo)
spoiled = {
    "brighter": np.clip(photo * 1.15, 0, 255).astype(np.uint8),
    "swapped": photo[..., ::-1],
    "faded": (photo * 0.5 + 64).astype(np.uint8),
    "blurred": np.asarray(image.filter(ImageFilter.GaussianBlur(2))),
    "noisy": to_uint8(
        to_float(photo) + np.random.default_rng(0).normal(0, 0.12, photo.shape)
    ),
    "moved": np.roll(photo, (6, 6), axis=(0, 1)),
    "comic": animegan_tf.Stylizer.from_preset("comic")(photo),
}
show(spoiled, height=1.6)


# %%
def gram(picture):
    return {
        name: perceptual.gram_matrix(maps) for name, maps in features(picture).items()
    }


def correlation(picture):
    return {
        name: perceptual.correlation_gram(maps)
        for name, maps in features(picture).items()
    }


def measure(picture, reference):
    x, y = batch(picture), batch(reference)
    return {
        "l1": pixel.l1_loss(x, y),
        "gradient": pixel.gradient_loss(x, y),
        "color_yuv": pixel.color_yuv_loss(x, y),
        "content": perceptual.content_loss(features(picture), features(reference)),
        "Gram": perceptual.style_loss(gram(picture), gram(reference)),
        "correlation": perceptual.correlation_style_loss(
            correlation(picture), correlation(reference)
        ),
    }


rows = {
    name: {term: float(value) for term, value in measure(picture, photo).items()}
    for name, picture in spoiled.items()
}
terms = list(rows["moved"])
table = np.array([[row[term] for term in terms] for row in rows.values()])

figure, axis = plt.subplots(figsize=(7, 3.4))
axis.imshow(table / table.max(axis=0), cmap="Blues", aspect="auto", vmin=0, vmax=1.2)
axis.set_xticks(range(len(terms)), terms)
axis.set_yticks(range(len(rows)), rows)
for (row, column), value in np.ndenumerate(table):
    axis.text(column, row, f"{value:.3f}", ha="center", va="center", fontsize=8)
axis.set_title("Each column is shaded by its own largest value", fontsize=9)
figure.tight_layout()
plt.show()

# %% [markdown]
# Read the table by columns:
#
# - `l1` compares pixel with pixel. New colours are the worst to it; but moving the
#   picture by six pixels comes next, worse than drawing it anew.
# - `gradient` compares only how pixels change from one to the next: a brighter picture
#   is nearly the same to it, and noise is the worst.
# - `color_yuv` weighs brightness as `l1` does, and the two axes of colour more gently,
#   so swapped colours are no longer far ahead of the rest.
# - `content` notices everything a bit. It still knows where things are: moving costs.
# - `Gram` and `correlation` do not care where things are, see "moved": they measure
#   style. Compare how they take "faded"; that is our next but one subject.
#
# ## Style: Gram matrices
#
# A Gram matrix tells how strongly each pair of channels fires at the same places,
# summed over all places. *Where* is lost, *how it is drawn* stays. To see this, cut the
# photo into squares and shuffle them.

# %%
tiles = photo.reshape(4, 48, 4, 48, 3).swapaxes(1, 2).reshape(16, 48, 48, 3)
tiles = tiles[np.random.default_rng(1).permutation(16)]
shuffled = tiles.reshape(4, 4, 48, 48, 3).swapaxes(1, 2).reshape(192, 192, 3)
show({"photo": photo, "shuffled": shuffled, **others})

candidates = {"shuffled": shuffled, **others}
content = [
    float(perceptual.content_loss(features(picture), features(photo)))
    for picture in candidates.values()
]
style = [
    float(perceptual.correlation_style_loss(correlation(picture), correlation(photo)))
    for picture in candidates.values()
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
# By content the shuffled cat is more than half as far from the cat as a quite different
# photo is. By style it is by far the nearest: the same fur, in other places.
#
# ## The trap of fading contrast
#
# Now let a rough photo come near a calm drawing without drawing at all: it just fades.
# The entries of a Gram matrix are products of activations, so they shrink with the
# square of the contrast. A generator that is paid for a small Gram distance soon learns
# to make fog. The *correlation* divides each entry by the deviations of its two
# channels, so shrinking them all changes nothing.

# %%
rough = square(np.repeat(skimage.data.gravel()[..., np.newaxis], 3, axis=2)[:256, :256])
calm = animegan_tf.Stylizer.from_preset("soft")(photo)


def fade(picture, contrast):
    mean = picture.mean(axis=(0, 1))
    return to_uint8(to_float(mean + contrast * (picture - mean)))


contrasts = np.array([1.0, 0.8, 0.6, 0.45, 0.3, 0.2])
show({"rough photo": rough, "faded": fade(rough, 0.3), "the style": calm})
plain = [
    float(perceptual.style_loss(gram(fade(rough, contrast)), gram(calm)))
    for contrast in contrasts
]
correlated = [
    float(
        perceptual.correlation_style_loss(
            correlation(fade(rough, contrast)), correlation(calm)
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
axis.set_xlabel("contrast of the photo (fading to the right)")
axis.set_ylabel("distance, of the start's")
axis.legend(loc="lower left")
figure.tight_layout()
plt.show()

# %% [markdown]
# The Gram distance falls to half: it rewards the fog, though not one stroke was drawn.
# The correlation distance stays where it was. The recipe `anime` therefore trains with
# `correlation_style_loss`, and `style_loss` is there for the networks of the papers.
#
# ## Total variation
#
# `total_variation_loss` is the mean squared difference of neighbouring pixels: it knows
# no photo and no style, it just dislikes roughness. Below we move the *pixels* of a
# noisy picture downhill on L1 plus total variation, with ever more of the latter.

# %%
noisy = to_float(spoiled["noisy"])[np.newaxis, 40:136, 40:136]


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
# A weight of 20 takes the noise away, and some of the fur with it; 150 takes the cat.
# Weights of a loss are a trade, and this is why `LossWeights.total_variation` is 0 by
# default.
#
# ## The adversary
#
# The discriminator gives a *logit*: positive for "real drawing", negative for "fake".
# The families of adversarial losses differ in how they press the generator.

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
axes[1].set_title("push towards 'real'")
for axis in axes:
    axis.set_xlabel("logit of a drawing by the generator")
    axis.set_ylim(-5, 6)
axes[1].legend(fontsize=7, labelspacing=0.2, loc="lower left")
figure.tight_layout()
plt.show()

# %% [markdown]
# Look at the right plot on its left side, where every drawing is rejected, as at the
# start of a training. `bce_saturating`, the formula of the first paper, hardly pushes
# there; `bce` pushes with 1; `lsgan` pushes harder the further away it is, and beyond 1
# pushes *back*; `hinge` and `wasserstein` push evenly. (The two have the same formula
# for the generator, so their lines coincide.)
#
# ## What a patch discriminator looks at
#
# A PatchGAN gives a logit for every patch. We train one for a few seconds to tell comic
# drawings from photos, and then show it a picture that is half the one, half the other.

# %%
comic = animegan_tf.Stylizer.from_preset("comic")
drawings = np.stack([comic(picture) for picture in others.values()])
photos = np.stack(list(others.values()))
discriminator = animegan_tf.build_discriminator("patch", width=16)
optimizer = keras.optimizers.Adam(1e-3)
optimizer.build(discriminator.trainable_variables)
rng = np.random.default_rng(0)


def crops(pictures, count=8, side=64):
    corners = rng.integers(0, 192 - side, (count, 2))
    chosen = pictures[rng.integers(0, len(pictures), count)]
    return np.stack(
        [
            to_float(picture[top : top + side, left : left + side])
            for picture, (top, left) in zip(chosen, corners, strict=True)
        ]
    )


@tf.function
def learn(real, fake):
    with tf.GradientTape() as tape:
        real_logits = discriminator(real, training=True)
        fake_logits = discriminator(fake, training=True)
        loss = adversarial.lsgan_real_loss(real_logits)
        loss += adversarial.lsgan_fake_loss(fake_logits)
    variables = discriminator.trainable_variables
    optimizer.apply(tape.gradient(loss, variables), variables)
    return loss


losses = [float(learn(crops(drawings), crops(photos))) for _ in range(150)]
print(f"loss at the start {losses[0]:.2f}, at the end {np.mean(losses[-20:]):.2f}")

# %%
half = photo.copy()
half[:, 96:] = spoiled["comic"][:, 96:]
verdict = discriminator(batch(half), training=False).numpy()[0, ..., 0]
figure, axes = plt.subplots(1, 2, figsize=(7, 3))
axes[0].imshow(half)
axes[0].set_title("left photo, right drawing", fontsize=9)
shown = axes[1].imshow(verdict, cmap="coolwarm", vmin=-0.5, vmax=1.5)
axes[1].set_title("logit of each patch: 1 real drawing, 0 not", fontsize=9)
figure.colorbar(shown)
for axis in axes:
    axis.axis("off")
figure.tight_layout()
plt.show()
half_width = verdict.shape[1] // 2
print(f"mean logit: photo {verdict[:, :half_width].mean():.2f}, ", end="")
print(f"drawing {verdict[:, half_width:].mean():.2f}")

# %% [markdown]
# It has never seen this cat, and yet it is red where the drawing has its contours, in
# the right half. Its eye is not perfect: the dark ring of the photographed eye nearly
# passes for ink, and flat areas tell it little. It judges small patches, not the
# picture as a whole, and that is what makes it a teacher of *style*.
#
# The weights of all terms are the fields of `animegan_tf.LossWeights`; a run's log has
# a column for each.
#
# Next: [the articles' GANs in miniature](04_gans_in_miniature.ipynb).
