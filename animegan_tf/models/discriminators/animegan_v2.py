"""AnimeGANv2's discriminator: that of AnimeGAN with layer normalization."""

import keras

from animegan_tf.models.discriminators.animegan_v1 import (
    build_animegan_v1_discriminator,
)


def build_animegan_v2_discriminator(
    image_shape=(None, None, 3),
    *,
    width=32,
    num_downsamples=2,
    spectral_norm=True,
    epsilon=1e-5,
    name="animegan_v2_discriminator",
) -> keras.Model:
    """Build AnimeGANv2's discriminator: one realness logit per image patch.

    It is AnimeGAN's with layer normalization over height, width and channels jointly.

    Args:
        image_shape: `(height, width, channels)`; `None` accepts any size.
        width: See `build_animegan_v1_discriminator`.
        num_downsamples: See `build_animegan_v1_discriminator`.
        spectral_norm: Whether to divide every kernel by its largest singular value.
        epsilon: Added to the variances; the original has 1e-12.
        name: Name of the model.

    Returns:
        A `keras.Model` as of `build_animegan_v1_discriminator`.

    Raises:
        ValueError: If an argument is out of range.

    Reference: Chen, Liu, AnimeGANv2, https://github.com/TachibanaYoshino/AnimeGANv2.
    """
    return build_animegan_v1_discriminator(
        image_shape,
        width=width,
        num_downsamples=num_downsamples,
        normalization="layer",
        spectral_norm=spectral_norm,
        epsilon=epsilon,
        name=name,
    )
