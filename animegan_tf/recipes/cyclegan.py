"""CycleGAN: there and back again must be where one started."""

import tensorflow as tf

from animegan_tf.config import TrainingConfig
from animegan_tf.losses.objective import build_objective
from animegan_tf.models.generators import build_generator
from animegan_tf.recipes.adversary import Adversary
from animegan_tf.recipes.runner import Assembly, build_with_average, precision
from animegan_tf.recipes.settings import check_weights, scheduled_adam
from animegan_tf.recipes.unpaired import assemble_unpaired
from animegan_tf.training.cyclegan_steps import (
    build_cyclegan_generator_step,
    build_cyclegan_validation,
)
from animegan_tf.training.image_pool import ImagePool
from animegan_tf.training.program import Program, build_sampler
from animegan_tf.training.run_folder import RunFolder

# By kind of fake.
_POOL_SALTS = {"anime": 105, "photo": 106}


def build_cyclegan(
    config: TrainingConfig, run: RunFolder, progress: bool = True
) -> Assembly:
    """Assemble CycleGAN: there and back again must be where one started.

    Args:
        config: Settings; `data.photos` and `data.style` name the two folders. Both
            generators have the settings of the one.
        run: Run folder; not needed.
        progress: Not needed; nothing is computed beforehand.

    Returns:
        The program with its data. Each row of the sample sheets is a photo, its
        stylized picture, and the photo made of that again. The kept generator is the
        one from photos to the style.

    Raises:
        FileNotFoundError: If a folder is missing.
        ValueError: If a folder has too few readable pictures, or the settings do not
            go together.
    """
    known = {"adversarial", "cycle", "identity"}
    check_weights(config, known, required=("adversarial", "cycle"))
    return assemble_unpaired(config, _build_program(config))


def _build_program(config) -> Program:
    generator, ema = build_with_average(config)
    with precision(config.precision):
        generator_back = build_generator(config.generator, **config.generator_options)
    adversary = Adversary(config, seed=config.seed)
    # A seed of its own, lest both judge by the same noise.
    adversary_back = Adversary(config, seed=config.seed + 1, suffix="_back")
    optimizer = scheduled_adam(config, "generator")
    generator_step = build_cyclegan_generator_step(
        generator,
        generator_back,
        adversary.generator_loss,
        adversary_back.generator_loss,
        optimizer,
        build_objective(config.weights),
        identity=config.weights.identity > 0.0,
        clip_norm=config.clip_norm,
    )
    pools = _Pools(config)
    return Program(
        networks={
            "generator": generator,
            "generator_back": generator_back,
            "discriminator": adversary.discriminator,
            "discriminator_back": adversary_back.discriminator,
        },
        optimizers={
            "generator": optimizer,
            "discriminator": adversary.optimizer,
            "discriminator_back": adversary_back.optimizer,
        },
        update=_build_update(generator_step, adversary, adversary_back, pools, ema),
        sample=build_sampler(ema.average),
        ema=ema,
        variables=pools.variables(),
        sample_columns=_build_columns(ema.average, generator_back),
        validate=build_cyclegan_validation(
            ema.average, generator_back, adversary.judge_for_generator
        ),
    )


def _build_update(generator_step, adversary, adversary_back, pools, ema):
    def update(batch, step):
        # A Python number would be compiled in, and the next one compiled anew.
        step = tf.constant(step, tf.int64)
        scalars, fakes = generator_step(batch, step)
        fakes = pools.exchange(fakes, step)
        scalars |= adversary.step(batch["anime"], fakes["anime"], step)
        scalars |= adversary_back.step(batch["photo"], fakes["photo"], step)
        ema.measure(batch["photo"])
        return scalars

    return update


def _build_columns(average, generator_back):
    there, back = build_sampler(average), build_sampler(generator_back)

    def sample_columns(photos):
        stylized = there(photos)
        return [photos, stylized, back(stylized)]

    return sample_columns


class _Pools:
    """Pools of earlier fakes, one for the fakes of either generator."""

    def __init__(self, config):
        size, crop_size = config.stabilizers.pool_size, config.data.crop_size
        shape = (crop_size, crop_size, 3)
        self._pools = {
            kind: ImagePool(size, shape, seed=config.seed, salt=salt)
            for kind, salt in _POOL_SALTS.items()
        }

    @tf.function
    def exchange(self, fakes, step):
        """Give each pool its fakes and take as many, old and new."""
        return {
            kind: pool.exchange(fakes[kind], step) for kind, pool in self._pools.items()
        }

    def variables(self) -> dict[str, tf.Variable]:
        """Return the state that an exact checkpoint needs."""
        return {
            f"pool/{kind}/{name}": variable
            for kind, pool in self._pools.items()
            for name, variable in pool.variables().items()
        }
