"""Image-to-image recipes that need no pairs: CycleGAN and CUT."""

import keras
import tensorflow as tf

from animegan_tf.config import TrainingConfig
from animegan_tf.data.crops import read_squares
from animegan_tf.data.image_folder import scan_images
from animegan_tf.data.unpaired import build_unpaired_dataset
from animegan_tf.losses.objective import build_objective
from animegan_tf.models.discriminators import build_discriminator
from animegan_tf.models.generators import build_generator
from animegan_tf.models.projection_heads import build_projection_heads
from animegan_tf.recipes.assembly import (
    MAX_VALIDATION,
    Assembly,
    build_with_average,
    precision,
    read_samples,
    split_photos,
    validation_of,
)
from animegan_tf.recipes.settings import check_weights, scheduled_adam
from animegan_tf.training.adversary_steps import build_adversary_step, build_judgement
from animegan_tf.training.cut_steps import (
    build_cut_generator_step,
    build_cut_validation,
    build_encoder,
)
from animegan_tf.training.cyclegan_steps import (
    build_cyclegan_generator_step,
    build_cyclegan_validation,
)
from animegan_tf.training.image_pool import ImagePool
from animegan_tf.training.program import Program
from animegan_tf.training.run_folder import RunFolder
from animegan_tf.training.stabilizers import build_generator_loss

# What CUT compares, by generator: the pixels, what halves the size, and the body. Of
# smaller networks those layers that they have.
CONTRAST_LAYERS = {
    "anime": ("photo", "stem", "down", "block1_add", "block3_add"),
    "animegan_v2": ("photo", "a_down", "b_down", "c_block1_narrow", "c_block3_add"),
    "resnet": ("photo", "down1", "down2", "block1_add", "block5_add"),
    "unet": ("photo", "down1", "down2", "down3", "down4"),
}
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
    generator, ema = build_with_average(config)
    with precision(config.precision):
        generator_back = build_generator(config.generator, **config.generator_options)
    adversary = _Adversary(config, seed=config.seed)
    # A seed of its own, lest both judge by the same noise.
    adversary_back = _Adversary(config, seed=config.seed + 1, suffix="_back")
    shape = (config.data.crop_size, config.data.crop_size, 3)
    pools = {
        name: ImagePool(
            config.stabilizers.pool_size, shape, seed=config.seed, salt=salt
        )
        for name, salt in _POOL_SALTS.items()
    }
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

    @tf.function
    def exchange(fakes, step):
        return {name: pool.exchange(fakes[name], step) for name, pool in pools.items()}

    def update(batch, step):
        step = tf.constant(step, tf.int64)
        scalars, fakes = generator_step(batch, step)
        fakes = exchange(fakes, step)
        scalars |= adversary.step(batch["anime"], fakes["anime"], step)
        scalars |= adversary_back.step(batch["photo"], fakes["photo"], step)
        ema.measure(batch["photo"])
        return scalars

    sample = tf.function(lambda photo: ema.average(photo, training=False))
    back = tf.function(lambda picture: generator_back(picture, training=False))

    def sample_columns(photos):
        stylized = sample(photos)
        return [photos, stylized, back(stylized)]

    program = Program(
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
        update=update,
        sample=sample,
        ema=ema,
        variables={
            f"pool/{name}/{key}": variable
            for name, pool in pools.items()
            for key, variable in pool.variables().items()
        },
        sample_columns=sample_columns,
        validate=build_cyclegan_validation(
            ema.average, generator_back, adversary.judge_for_generator
        ),
    )
    return _assemble(config, program)


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
    generator, ema = build_with_average(config)
    layers = contrast_layers(config, generator)
    channels = [map_.shape[-1] for map_ in build_encoder(generator, layers).outputs]
    with precision(config.precision):
        heads = build_projection_heads(channels, width=config.contrast.width)
    adversary = _Adversary(config, seed=config.seed)
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

    def update(batch, step):
        step = tf.constant(step, tf.int64)
        scalars, stylized = generator_step(batch, step)
        ema.measure(batch["photo"])
        return scalars | adversary.step(batch["anime"], stylized, step)

    program = Program(
        networks={
            "generator": generator,
            "heads": heads,
            "discriminator": adversary.discriminator,
        },
        optimizers={"generator": optimizer, "discriminator": adversary.optimizer},
        update=update,
        sample=tf.function(lambda photo: ema.average(photo, training=False)),
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
    return _assemble(config, program)


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


class _Adversary:
    """A discriminator of one kind of picture with all that trains it."""

    def __init__(self, config: TrainingConfig, *, seed: int, suffix: str = ""):
        with precision(config.precision):
            self.discriminator = build_discriminator(
                config.discriminator,
                **{"image_shape": (None, None, 3)} | config.discriminator_options,
            )
        self.optimizer = scheduled_adam(config, "discriminator")
        shared = (config.adversarial_loss, config.stabilizers)
        self.generator_loss = build_generator_loss(
            self.discriminator, *shared, seed=seed
        )
        self.judge_for_generator = build_judgement(
            self.discriminator, config.adversarial_loss
        )
        self.step = build_adversary_step(
            self.discriminator,
            self.optimizer,
            *shared,
            seed=seed,
            clip_norm=config.clip_norm,
            suffix=suffix,
        )


def _assemble(config: TrainingConfig, program: Program) -> Assembly:
    data = config.data
    photos, held_out = split_photos(data, minimum=1)
    style = scan_images(data.style, argument="style")

    def build_dataset(start_step):
        return build_unpaired_dataset(
            photos,
            style,
            crop_size=data.crop_size,
            batch_size=data.batch_size,
            seed=config.seed,
            start_step=start_step,
            coverage=data.coverage,
            flip=data.flip,
        )

    validation = None
    if held_out:
        squares = read_squares(held_out[:MAX_VALIDATION], data.crop_size)
        validation = validation_of({"photo": squares})
    return Assembly(
        program,
        build_dataset,
        read_samples(held_out or photos, data.crop_size),
        validation,
        steps_per_epoch=len(photos) / data.batch_size,
    )
