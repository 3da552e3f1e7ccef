"""Train a GAN on images in arrays, and save both networks after each epoch."""

import logging
from collections.abc import Callable, Iterator, Mapping

import keras

from animegan_tf.data.datasets.arrays import ArrayBatches
from animegan_tf.training.arrays.epoch_files import EpochFiles
from animegan_tf.training.arrays.gan_model import check_gan, compile_gan
from animegan_tf.training.health import HealthCheck
from animegan_tf.training.optimizers import check_learning_rates
from animegan_tf.utils.checks import check_integer, check_path
from animegan_tf.utils.progress import progress_bar

_logger = logging.getLogger("animegan_tf")


def train_gan(
    generator: keras.Model,
    discriminator: keras.Model,
    gan: keras.Model,
    input_images,
    target_images,
    *,
    epochs: int = 100,
    batch_size: int = 16,
    latent_dim: int | None = None,
    output_dir=".",
    seed: int = 0,
    learning_rate: float = 1e-4,
    save_every: int = 1,
    save_format: str = "keras",
    value_range: tuple[float, float] | None = None,
    overwrite: bool = False,
    log: Callable[[int, Mapping[str, float]], None] | None = None,
    progress: bool = True,
) -> dict[str, list[float]]:
    """Train a GAN on images in arrays, and save both networks after each epoch.

    Args:
        generator: Network from noise, `(batch, latent_dim)`, or from float images in
            [-1, 1] to such images.
        discriminator: Network from such images to logits or probabilities.
        gan: `build_gan(generator, discriminator)` of these two. Where it or the
            discriminator is not compiled yet, `compile_gan` does so.
        input_images: What a generator of images takes, any number of pictures; they
            need not correspond to the targets. A generator of noise does not use them,
            and `None` will do.
        target_images: The pictures to imitate: the reals. Both are uint8 arrays in
            [0, 255] or float arrays, `(count, height, width, 3)`, or paths of `.npy`
            files of those.
        epochs: Number of passes over the targets, at least 1.
        batch_size: Pictures in an update, at least 1; with fewer targets, all of them.
            The rest of the last batch is left for the next epoch's order.
        latent_dim: Length of the noise; `None` asks the generator.
        output_dir: Folder of `generator_epoch_{n}.keras`,
            `discriminator_epoch_{n}.keras`, n from 0, and `metrics.jsonl`; made if
            missing.
        seed: Seed of the noise and of the order of the pictures.
        learning_rate: Adam's rate of both, if they are compiled here.
        save_every: Epochs between files; the last one is always saved.
        save_format: `"keras"`, or `"h5"` for the older files.
        value_range: Least and greatest value of float pictures; see `ImageArray`.
        overwrite: Whether the files of an earlier training in the folder are replaced.
        log: Called after each epoch with its number and the losses.
        progress: Whether to show a progress bar with the losses.

    Returns:
        The mean losses of each epoch by name, as in `build_adversarial_step`.

    Raises:
        FileExistsError: If the folder holds a training, and `overwrite` is false.
        FileNotFoundError: If a file is missing.
        TrainingDivergedError: If a loss stays no finite number.
        ValueError: If an argument is out of range, or shapes do not fit together.
    """
    check_integer(1, epochs=epochs, batch_size=batch_size, save_every=save_every)
    check_integer(0, seed=seed)
    check_path(output_dir=output_dir)
    check_learning_rates(learning_rate=learning_rate)
    files = EpochFiles(
        output_dir,
        save_format,
        every=save_every,
        last=epochs - 1,
        overwrite=overwrite,
    )
    check_gan(generator, discriminator, gan)
    batches = ArrayBatches(
        input_images,
        target_images,
        latent_dim=_noise_length(generator, latent_dim),
        batch_size=batch_size,
        seed=seed,
        value_range=value_range,
    )
    _check_shapes(generator, discriminator, batches)
    model = compile_gan(generator, discriminator, gan, learning_rate=learning_rate)
    files.start()
    for epoch, means in _train_epochs(model, batches, epochs, progress):
        files.log(epoch, means)
        if log is not None:
            log(epoch, means)
        files.save(epoch, generator=generator, discriminator=discriminator)
    return files.history


def _train_epochs(
    model: keras.Model, batches: ArrayBatches, epochs: int, progress: bool
) -> Iterator[tuple[int, dict[str, float]]]:
    """Train epoch by epoch; after each, yield its number and its mean losses."""
    health, num_steps = HealthCheck(), batches.steps_per_epoch
    options = {"unit": "step", "disable": not progress}
    with progress_bar(total=epochs * num_steps, **options) as bar:
        for epoch in range(epochs):
            bar.set_description(f"epoch {epoch}", refresh=False)
            sums = {}
            for batch in batches.of_epoch(epoch):
                losses = model.train_on_batch(
                    batch["input"], batch["anime"], return_dict=True
                )
                losses = {name: float(value) for name, value in losses.items()}
                health.check(losses)
                sums = {k: sums.get(k, 0.0) + value for k, value in losses.items()}
                short = {"D": losses["discriminator"], "G": losses["generator"]}
                shown = {name: f"{value:.4f}" for name, value in short.items()}
                bar.set_postfix(shown, refresh=False)
                bar.update()
            means = {name: total / num_steps for name, total in sums.items()}
            _logger.info(
                "epoch %d: D loss %.4f, G loss %.4f",
                epoch,
                means["discriminator"],
                means["generator"],
            )
            yield epoch, means


def _noise_length(generator, latent_dim) -> int | None:
    given = generator.input_shape
    length = given[-1] if len(given) == 2 else None
    if latent_dim not in (None, length):
        raise ValueError(
            "`latent_dim` must be the length of the noise that `generator` takes. "
            f"Received: latent_dim={latent_dim}, generator.input_shape={given}"
        )
    return length


def _check_shapes(generator, discriminator, batches):
    _check_shape("target_images", batches.target_shape, discriminator.input_shape)
    if batches.input_shape is not None:
        _check_shape("input_images", batches.input_shape, generator.input_shape)
        # A generator of any size may still give what the discriminator refuses.
        shape = generator.compute_output_shape(batches.input_shape)
        _check_shape("input_images", shape, discriminator.input_shape)


def _check_shape(argument, shape, expected):
    sizes = zip(shape[1:], expected[1:], strict=True)
    if any(size not in (None, given) for given, size in sizes):
        wanted = ", ".join("any" if n is None else str(n) for n in expected[1:])
        raise ValueError(
            f"`{argument}` must fit the networks, (count, {wanted}). "
            f"Received: shape {tuple(shape)}"
        )
