"""Generators by name."""

import keras

from animegan_tf.models.arguments import check_choice, check_options
from animegan_tf.models.generators.anime import build_anime_generator
from animegan_tf.models.generators.animegan_v1 import build_animegan_v1_generator
from animegan_tf.models.generators.animegan_v2 import build_animegan_v2_generator
from animegan_tf.models.generators.animegan_v2_lite import (
    build_animegan_v2_lite_generator,
)
from animegan_tf.models.generators.animegan_v3 import build_animegan_v3_generator
from animegan_tf.models.generators.autoencoder import build_autoencoder_generator
from animegan_tf.models.generators.cartoongan import build_cartoongan_generator
from animegan_tf.models.generators.dcgan import build_dcgan_generator
from animegan_tf.models.generators.resnet import build_resnet_generator
from animegan_tf.models.generators.restoration import build_restoration_generator
from animegan_tf.models.generators.ugatit_light import build_ugatit_light_generator
from animegan_tf.models.generators.unet import build_unet_generator
from animegan_tf.models.generators.white_box import build_white_box_generator

GENERATORS = {
    "anime": build_anime_generator,
    "animegan_v1": build_animegan_v1_generator,
    "animegan_v2": build_animegan_v2_generator,
    "animegan_v2_lite": build_animegan_v2_lite_generator,
    "animegan_v3": build_animegan_v3_generator,
    "autoencoder": build_autoencoder_generator,
    "cartoongan": build_cartoongan_generator,
    "dcgan": build_dcgan_generator,
    "resnet": build_resnet_generator,
    "restoration": build_restoration_generator,
    "ugatit_light": build_ugatit_light_generator,
    "unet": build_unet_generator,
    "white_box": build_white_box_generator,
}


def build_generator(name: str = "anime", **options) -> keras.Model:
    """Build a generator.

    Args:
        name: Key of `GENERATORS`.
        **options: Keyword arguments of that generator's factory.

    Returns:
        A `keras.Model`; see the factory for its inputs and outputs.

    Raises:
        ValueError: If `name` is unknown or the factory rejects an option.
    """
    check_choice(GENERATORS, name=name)
    check_options(GENERATORS[name], options)
    return GENERATORS[name](**options)
