"""CUT: a patch of the result must recall its place in the photo."""

import keras
import tensorflow as tf

from animegan_tf.config import TrainingConfig
from animegan_tf.losses.objective import build_objective
from animegan_tf.models.projection_heads import build_projection_heads
from animegan_tf.recipes.adversary import Adversary
from animegan_tf.recipes.runner import Assembly, build_with_average, precision
from animegan_tf.recipes.settings import check_weights, scheduled_adam
from animegan_tf.recipes.unpaired import assemble_unpaired
from animegan_tf.training.cut_steps import (
    build_cut_generator_step,
    build_cut_validation,
    build_encoder,
)
from animegan_tf.training.program import Program, build_sampler
from animegan_tf.training.run_folder import RunFolder

# What CUT compares, by generator: the pixels, what halves the size, and the body. Of
# smaller networks those layers that they have.
CONTRAST_LAYERS = {
    "anime": ("photo", "stem", "down", "block1_add", "block3_add"),
    "animegan_v2": ("photo", "a_down", "b_down", "c_block1_narrow", "c_block3_add"),
    "resnet": ("photo", "down1", "down2", "block1_add", "block5_add"),
    "unet": ("photo", "down1", "down2", "down3", "down4"),
}


def build_cut(
    config: TrainingConfig, run: RunFolder, progress: bool = True
) -> Assembly:
    """Assemble CUT: a patch of the result must recall its place in the photo.

    Args:
        config: Settings; `data.photos` and `data.style` name the two folders. FastCUT
            has `weights.nce` 10 and no `contrast.identity`; its mirrored pictures are
            left to `data.flip`.
        run: Run folder; not needed.
        progress: Not needed; nothing is computed beforehand.

    Returns:
        The program with its data.

    Raises:
        FileNotFoundError: If a folder is missing.
        ValueError: If a folder has too few readable pictures, or the settings do not
            go together.
    """
    check_weights(config, {"adversarial", "nce"}, required=("adversarial", "nce"))
    return assemble_unpaired(config, _build_program(config))


def contrast_layers(config: TrainingConfig, generator: keras.Model) -> tuple[str, ...]:
    """Name the layers that CUT compares.

    Raises:
        ValueError: If neither the settings nor this module name any for the generator.
    """
    if config.contrast.layers:
        return config.contrast.layers
    known = {layer.name for layer in generator.layers}
    layers = CONTRAST_LAYERS.get(config.generator, ())
    layers = tuple(name for name in layers if name in known)
    if not layers:
        raise ValueError(
            f"`contrast.layers` must name layers of the generator {config.generator}, "
            f"for which none are set. It has: {', '.join(sorted(known))}"
        )
    return layers


def _build_program(config) -> Program:
    generator, ema = build_with_average(config)
    layers = contrast_layers(config, generator)
    heads = _build_heads(config, generator, layers)
    adversary = Adversary(config, seed=config.seed)
    optimizer = scheduled_adam(config, "generator")
    generator_step = build_cut_generator_step(
        generator,
        heads,
        adversary.generator_loss,
        optimizer,
        build_objective(config.weights),
        config.contrast,
        layers,
        seed=config.seed,
        clip_norm=config.clip_norm,
    )
    return Program(
        networks={
            "generator": generator,
            "heads": heads,
            "discriminator": adversary.discriminator,
        },
        optimizers={"generator": optimizer, "discriminator": adversary.optimizer},
        update=_build_update(generator_step, adversary, ema),
        sample=build_sampler(ema.average),
        ema=ema,
        validate=build_cut_validation(
            ema.average,
            heads,
            adversary.judge_for_generator,
            config.contrast,
            layers,
            seed=config.seed,
        ),
    )


def _build_heads(config, generator, layers) -> keras.Model:
    channels = [map_.shape[-1] for map_ in build_encoder(generator, layers).outputs]
    with precision(config.precision):
        return build_projection_heads(channels, width=config.contrast.width)


def _build_update(generator_step, adversary, ema):
    def update(batch, step):
        # A Python number would be compiled in, and the next one compiled anew.
        step = tf.constant(step, tf.int64)
        scalars, stylized = generator_step(batch, step)
        ema.measure(batch["photo"])
        return scalars | adversary.step(batch["anime"], stylized, step)

    return update
