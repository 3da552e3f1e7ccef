"""Projected discriminator: small heads on the maps of a frozen feature network."""

import keras
import numpy as np
from keras import layers as keras_layers

from animegan_tf.models.arguments import check_counts
from animegan_tf.models.features.extractor import build_feature_extractor
from animegan_tf.models.layers import SpectralNormConv2D

# Images on which the channels' deviations are measured, and the floor of these relative
# to their mean: a channel that hardly ever responds must not be amplified.
_NUM_IMAGES, _IMAGE_SIZE, _FLOOR = 4, 96, 0.2
# Length of the scaled feature vectors, and gain after each convolution of norm 1: with
# less the logits cannot reach 1, which the hinge loss asks for.
_LENGTH, _GAIN = 12.0, 2.0
# Strided convolutions after each map; a map of a deeper block is small already.
_NUM_DOWNSAMPLES = {1: 2, 2: 2, 3: 1, 4: 0, 5: 0}


def build_features_discriminator(
    image_shape=(None, None, 3),
    *,
    width=32,
    features="bundled",
    layers=("block2_conv2", "block3_conv2"),
    slope=0.2,
    name="features_discriminator",
) -> keras.Model:
    """Build a discriminator whose heads judge the maps of a frozen feature network.

    The network already knows edges, textures and shapes, so the heads learn what sets
    two sets of images apart from few images and in few steps. Each map's channels are
    standardized; then a 1x1 convolution to few channels, strided 4x4 convolutions with
    spectral normalization and a 3x3 convolution lead to a map of logits.

    Args:
        image_shape: `(height, width, channels)`, with 3 channels, or 1 for grayscale
            images, which are repeated; `None` accepts any size.
        width: Channels that each map is mixed to, at least 1; the following
            convolutions have 1.5 and 2 times as many.
        features: Feature network, as `source` of `build_feature_extractor`.
        layers: Names of its layers. A layer of block 1 teaches the generator single
            pixels, and so dots and grain.
        slope: Negative slope of the leaky ReLU.
        name: Name of the model.

    Returns:
        A `keras.Model` from float images in [-1, 1],
        `(batch, height, width, channels)`, to a list of float32 logits, one map for
        each layer, `(batch, ceil(height / 8), ceil(width / 8), 1)` for blocks 1 to 3.
        Only the heads are trainable.

    Raises:
        ValueError: If `width` is less than 1, or a layer or the network is unknown.

    Reference: Sauer et al., 2021, https://arxiv.org/abs/2111.01007 (projected GANs:
    discriminators on frozen features at several scales).
    """
    check_counts(width=width)
    image = keras.Input(image_shape, name="image")
    x = image
    if image_shape[-1] == 1:
        x = keras_layers.Concatenate(name="gray_to_rgb")([image, image, image])
    extractor = build_feature_extractor(
        features, layers=layers, image_shape=(*image_shape[:2], 3)
    )
    maps = extractor(x)
    statistics = _measure_channels(extractor)
    logits = []
    for index, layer in enumerate(layers):
        head, block = f"head{index}", int(layer[len("block")])
        scale, offset = statistics[layer]
        standardize = keras_layers.Rescaling(scale, offset, name=f"{head}_standardize")
        x = standardize(maps[layer])
        if block == 1:
            # Noise of single pixels is no style.
            x = keras_layers.AveragePooling2D(2, name=f"{head}_blur")(x)
        x = keras_layers.Conv2D(width, 1, name=f"{head}_mix")(x)
        x = keras_layers.LeakyReLU(slope, name=f"{head}_mix_act")(x)
        for down in range(_NUM_DOWNSAMPLES[block]):
            filters = width * (3 + down) // 2
            down_name = f"{head}_down{down}"
            seed = 10 * index + down
            x = SpectralNormConv2D(filters, 4, strides=2, name=down_name, seed=seed)(x)
            x = keras_layers.Rescaling(_GAIN, name=f"{down_name}_gain")(x)
            x = keras_layers.LeakyReLU(slope, name=f"{down_name}_act")(x)
        last = keras_layers.Conv2D(
            1,
            3,
            padding="same",
            # The generator is not pushed before a head has learned something.
            kernel_initializer=keras.initializers.RandomNormal(stddev=0.01),
            dtype="float32",
            name=f"{head}_logits",
        )
        logits.append(last(x))
    return keras.Model(image, logits, name=name)


def _measure_channels(extractor) -> dict[str, tuple[list[float], list[float]]]:
    """Return the scale and offset of each map's channels that standardize them.

    They are measured on noise with the spectrum of natural images, amplitude 1 / f.
    """
    random = np.random.default_rng(0)
    frequency = np.fft.fftfreq(_IMAGE_SIZE)
    radius = np.hypot(frequency[:, None], frequency[None])
    radius[0, 0] = np.inf
    noise = random.normal(size=(_NUM_IMAGES, _IMAGE_SIZE, _IMAGE_SIZE, 3))
    spectrum = np.fft.fft2(noise, axes=(1, 2)) / radius[..., None]
    images = np.fft.ifft2(spectrum, axes=(1, 2)).real
    images *= 0.5 / images.std(axis=(1, 2, 3), keepdims=True)
    images = np.clip(images, -1.0, 1.0).astype("float32")
    statistics = {}
    for layer, values in extractor(images, training=False).items():
        values = keras.ops.convert_to_numpy(keras.ops.cast(values, "float32"))
        mean, deviation = values.mean(axis=(0, 1, 2)), values.std(axis=(0, 1, 2))
        deviation = np.maximum(deviation, max(_FLOOR * deviation.mean(), 1e-6))
        scale = _LENGTH / len(deviation) ** 0.5 / deviation
        statistics[layer] = (scale.tolist(), (-mean * scale).tolist())
    return statistics
