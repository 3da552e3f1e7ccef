"""Image-to-image recipes that learn from pairs: pix2pix, and restoration."""

import tensorflow as tf

from animegan_tf.config import DataConfig, TrainingConfig
from animegan_tf.data.datasets.paired import build_paired_dataset, read_pair_squares
from animegan_tf.data.datasets.restoration import (
    build_restoration_dataset,
    read_degraded_squares,
)
from animegan_tf.data.image_folder import scan_images
from animegan_tf.data.image_pairs import Pair, pair_by_name, pair_halves
from animegan_tf.losses.objective import build_objective
from animegan_tf.recipes.adversary import Adversary
from animegan_tf.recipes.runner import (
    MAX_VALIDATION,
    Assembly,
    build_with_average,
    hold_out,
    split_photos,
    validation_of,
)
from animegan_tf.recipes.settings import (
    check_weights,
    scheduled_adam,
    stream_options,
)
from animegan_tf.training.pix2pix_steps import (
    PAIRED_TERMS,
    build_pair_validation,
    build_pix2pix_generator_step,
    pair_with_condition,
)
from animegan_tf.training.program import Program, build_sampler
from animegan_tf.training.run_folder import RunFolder

_NUM_SAMPLES = 4


def build_pix2pix(
    config: TrainingConfig, run: RunFolder, progress: bool = True
) -> Assembly:
    """Assemble pix2pix: learn from pairs what a picture becomes.

    Args:
        config: Settings; `data.pairing` says where the pairs are. With pairing by
            name, a folder of `data.validation` holds further photos whose partners are
            in `data.style` too.
        run: Run folder; not needed.
        progress: Not needed; nothing is computed beforehand.

    Returns:
        The program with its data. Each row of the sample sheets is a held-out photo,
        its result and its target.

    Raises:
        FileNotFoundError: If a folder is missing.
        ValueError: If there are no pairs, or the settings do not go together.
    """
    data = config.data
    program = _build_program(config)
    pairs, held_out = _split_pairs(data)

    def build_dataset(start_step):
        return build_paired_dataset(pairs, **stream_options(config, start_step))

    middles = read_pair_squares((held_out or pairs)[:MAX_VALIDATION], data.crop_size)
    return _assemble(
        program, build_dataset, middles, bool(held_out), len(pairs) / data.batch_size
    )


def build_restore(
    config: TrainingConfig, run: RunFolder, progress: bool = True
) -> Assembly:
    """Assemble restoration: learn from sound pictures to repair damaged ones.

    Args:
        config: Settings; `data.photos` names the folder, `data.degradations` what the
            pictures suffer.
        run: Run folder; not needed.
        progress: Not needed; nothing is computed beforehand.

    Returns:
        The program with its data. Each row of the sample sheets is a damaged held-out
        picture, what becomes of it, and what it was before.

    Raises:
        FileNotFoundError: If a folder is missing.
        ValueError: If there are no pictures, or the settings do not go together.
    """
    data = config.data
    if not data.degradations:
        raise ValueError(
            "`degradations` must name at least one kind of damage to restore. "
            f"Received: degradations={data.degradations}"
        )
    program = _build_program(config)
    paths, held_out = split_photos(data, minimum=2)

    def build_dataset(start_step):
        return build_restoration_dataset(
            paths,
            degradations=data.degradations,
            **stream_options(config, start_step),
        )

    middles = read_degraded_squares(
        (held_out or paths)[:MAX_VALIDATION],
        data.crop_size,
        data.degradations,
        config.seed,
    )
    return _assemble(
        program, build_dataset, middles, bool(held_out), len(paths) / data.batch_size
    )


def _assemble(program, build_dataset, middles, validated, steps_per_epoch) -> Assembly:
    samples = {name: p[:_NUM_SAMPLES] for name, p in middles.items()}
    validation = validation_of(middles) if validated else None
    return Assembly(program, build_dataset, samples, validation, steps_per_epoch)


def _build_program(config: TrainingConfig) -> Program:
    check_weights(config, {*PAIRED_TERMS, "adversarial"} - {"target"})
    generator, ema = build_with_average(config)
    networks = {"generator": generator}
    optimizers = {"generator": scheduled_adam(config, "generator")}
    adversary = None
    if config.weights.adversarial:
        adversary = Adversary(config, seed=config.seed, channels=6)
        networks["discriminator"] = adversary.discriminator
        optimizers["discriminator"] = adversary.optimizer
    generator_step = build_pix2pix_generator_step(
        generator,
        adversary.generator_loss if adversary else None,
        optimizers["generator"],
        build_objective(config.weights),
        [name for name in config.weights.active() if name != "adversarial"],
        config.clip_norm,
    )
    sample = build_sampler(ema.average)
    return Program(
        networks=networks,
        optimizers=optimizers,
        update=_build_update(generator_step, adversary, ema),
        sample=sample,
        ema=ema,
        validate=build_pair_validation(ema.average),
        sample_columns=lambda samples: [
            samples["photo"],
            sample(samples["photo"]),
            samples["target"],
        ],
    )


def _build_update(generator_step, adversary, ema):
    def update(batch, step):
        # A Python number would be compiled in, and the next one compiled anew.
        step = tf.constant(step, tf.int64)
        scalars, result = generator_step(batch, step)
        if adversary is not None:
            reals = pair_with_condition(batch, batch["target"])
            fakes = pair_with_condition(batch, result)
            scalars |= adversary.step(reals, fakes, step)
        ema.measure(batch["photo"])
        return scalars

    return update


def _split_pairs(data: DataConfig) -> tuple[list[Pair], list[Pair]]:
    """Find the pairs and hold some out; as `split_photos` does with photos."""
    pairs = _find_pairs(data, data.photos)
    if isinstance(data.validation, str):
        return pairs, _find_pairs(data, data.validation)
    return hold_out(pairs, data.validation)


def _find_pairs(data: DataConfig, folder) -> list[Pair]:
    if data.pairing == "name":
        scan_images(data.style, argument="style")
        return pair_by_name(folder, data.style)
    return pair_halves(folder, reverse=data.pairing == "side_by_side_reversed")
