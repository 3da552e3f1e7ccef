"""Discriminators by name."""

import keras

from animegan_tf.models.arguments import check_choice, check_multiple, check_options
from animegan_tf.models.discriminators.animegan_v1 import (
    build_animegan_v1_discriminator,
)
from animegan_tf.models.discriminators.animegan_v2 import (
    build_animegan_v2_discriminator,
)
from animegan_tf.models.discriminators.animegan_v3 import (
    build_animegan_v3_discriminator,
)
from animegan_tf.models.discriminators.cartoongan import build_cartoongan_discriminator
from animegan_tf.models.discriminators.conv import build_conv_discriminator
from animegan_tf.models.discriminators.dcgan import build_dcgan_discriminator
from animegan_tf.models.discriminators.dense import build_dense_discriminator
from animegan_tf.models.discriminators.features import build_features_discriminator
from animegan_tf.models.discriminators.patch import build_patch_discriminator
from animegan_tf.models.discriminators.ugatit import build_ugatit_discriminator
from animegan_tf.models.discriminators.white_box import build_white_box_discriminator

DISCRIMINATORS = {
    "animegan_v1": build_animegan_v1_discriminator,
    "animegan_v2": build_animegan_v2_discriminator,
    "animegan_v3": build_animegan_v3_discriminator,
    "cartoongan": build_cartoongan_discriminator,
    "conv": build_conv_discriminator,
    "dcgan": build_dcgan_discriminator,
    "dense": build_dense_discriminator,
    "features": build_features_discriminator,
    "patch": build_patch_discriminator,
    "ugatit": build_ugatit_discriminator,
    "white_box": build_white_box_discriminator,
}


def build_discriminator(
    name: str = "patch", image_shape=None, **options
) -> keras.Model:
    """Build a discriminator.

    Args:
        name: Key of `DISCRIMINATORS`.
        image_shape: `(height, width, channels)`; `None` as a height or width accepts
            any size where the discriminator can. By default, that of the factory.
        **options: Keyword arguments of that discriminator's factory.

    Returns:
        A `keras.Model` from float images in [-1, 1] to unbounded float32 logits, or a
        list of such, or probabilities with `from_logits=False`; see the factory.

    Raises:
        ValueError: If `name` is unknown or the factory rejects an option.
    """
    check_choice(DISCRIMINATORS, name=name)
    check_options(DISCRIMINATORS[name], options)
    if image_shape is not None:
        options = {"image_shape": image_shape, **options}
        check_multiple(image_shape, 1)
    return DISCRIMINATORS[name](**options)
