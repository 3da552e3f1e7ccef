"""What the recipes with a generator for each direction share: CycleGAN and U-GAT-IT.

Two generators translate from photos to the style and back, each against a discriminator
of its own. Translated there and back, an image must return to itself.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

from animegan_tf.config import LossWeights
from animegan_tf.recipes.image_to_image import ImageToImageConfig
from animegan_tf.recipes.unpaired import build_unpaired_training
from animegan_tf.utils.settings import check


@dataclasses.dataclass(frozen=True)
class TwoWayWeights(LossWeights):
    """Weights of the loss terms, each the sum of both directions.

    Attributes:
        adversarial: The adversarial losses.
        cycle: L1 distance between images and their translation there and back.
        identity: L1 distance between a generator's results and its inputs, for inputs
            that already are of its output domain.
    """

    adversarial: float = 1.0
    cycle: float = 10.0
    identity: float = 5.0

    def __post_init__(self):
        super().__post_init__()
        for name in ("adversarial", "cycle"):
            check(getattr(self, name) > 0.0, name, "positive", getattr(self, name))


class Outputs(NamedTuple):
    """What the two generators return for the images of a batch.

    Attributes:
        photo_to_style: Output of the first generator for photos.
        style_to_photo: Output of the generator back for images of the style.
        style_to_style: Output of the first generator for images of the style.
        photo_to_photo: Output of the generator back for photos.
    """

    photo_to_style: Any
    style_to_photo: Any
    style_to_style: Any
    photo_to_photo: Any


def build_two_way_training(
    config: ImageToImageConfig,
    *,
    further_terms: Callable | None = None,
    sum_outputs: bool = False,
    generator_options: dict[str, Any] | None = None,
    **fields,
):
    """Build the training of both generators, with its data.

    Each row of the sample sheets is a photo, its translation, and the translation back.
    The generator that is kept is the one from photos to the style.

    Args:
        config: Settings, with `TwoWayWeights`.
        further_terms: Function of the list of both generators and of `Outputs` to loss
            terms beside those of `TwoWayWeights`; `None` if there are none.
        sum_outputs: Whether the losses of a discriminator's outputs are added, not
            averaged.
        generator_options: Keyword arguments of the generators' factory beside the
            settings'. Of generators that return a list, the first is the image.
        **fields: Further fields of `Training`.

    Returns:
        The `Training`. Batches have `photo` and `anime`; held-out batches have `photo`
        alone.
    """
    import tensorflow as tf

    from animegan_tf.losses.pixel import l1_loss
    from animegan_tf.models.generators import build_generator
    from animegan_tf.recipes.common import (
        build_adversary,
        build_generators,
        build_program,
        dtype_policy,
    )
    from animegan_tf.training.gan_program import Forward

    generator, average, options = build_generators(config, **(generator_options or {}))
    with dtype_policy(config.precision):
        generator_back = build_generator(**options)
    adversaries = {
        name: build_adversary(
            config, (None, None, 3), index=index, sum_outputs=sum_outputs
        )
        for index, name in enumerate(("discriminator", "discriminator_back"))
    }
    has_identity = bool(config.weights.identity)

    def forward(generator, batch, step, turn, training):
        def to_style(image):
            return generator(image, training=training)

        def to_photo(image):
            return generator_back(image, training=training)

        photo, style = batch["photo"], batch.get("anime")
        styled = to_style(photo)
        fake_style = _image(styled)
        cycle = l1_loss(_image(to_photo(fake_style)), photo)
        # Held-out batches have photos only, so one direction is left.
        if style is None:
            return Forward({"cycle": cycle}, fakes={"discriminator": fake_style})
        unstyled = to_photo(style)
        fake_photo = _image(unstyled)
        cycle += l1_loss(_image(to_style(fake_photo)), style)
        terms = {"cycle": cycle}
        if has_identity or further_terms:
            outputs = Outputs(styled, unstyled, to_style(style), to_photo(photo))
        if has_identity:
            terms["identity"] = l1_loss(_image(outputs.style_to_style), style)
            terms["identity"] += l1_loss(_image(outputs.photo_to_photo), photo)
        if further_terms:
            terms |= further_terms([generator, generator_back], outputs)
        # `GanProgram` adds the adversarial losses of the fakes, and trains both
        # discriminators on reals and fakes.
        return Forward(
            terms,
            reals={"discriminator": style, "discriminator_back": photo},
            fakes={"discriminator": fake_style, "discriminator_back": fake_photo},
        )

    back = tf.function(lambda image: _image(generator_back(image, training=False)))

    def sample_columns(photos):
        translated = _image(program.sample(photos))
        return [photos, translated, back(translated)]

    program = build_program(
        config,
        {"generator": generator, "generator_back": generator_back},
        average,
        forward,
        adversaries=adversaries,
        sample_columns=sample_columns,
    )
    return build_unpaired_training(config, program, options)._replace(**fields)


def _image(outputs):
    """Return the image of a generator's outputs."""
    return outputs[0] if isinstance(outputs, list | tuple) else outputs
