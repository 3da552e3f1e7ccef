import json

import keras
import numpy as np
import pytest
from keras import layers

from animegan_tf.models.discriminators import build_discriminator
from animegan_tf.models.gan import build_gan
from animegan_tf.models.generators import build_generator
from animegan_tf.training.arrays.train_gan import train_gan

QUIET = {"progress": False}


def _networks(outputs="both", *, from_logits=True, dropout=0.3):
    """Networks with all that has a mode or a state, small enough to trace fast."""
    keras.utils.set_random_seed(0)
    generator = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(8),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Dense(48, activation="tanh"),
            layers.Reshape((4, 4, 3)),
        ],
        name="generator",
    )
    discriminator = build_discriminator(
        "dense", image_size=4, width=8, from_logits=from_logits, dropout=dropout
    )
    gan = build_gan(generator, discriminator, outputs=outputs)
    return generator, discriminator, gan


def _image_networks():
    generator = build_generator("autoencoder", width=4, num_downsamples=1)
    discriminator = build_discriminator("dense", image_size=4, width=4)
    return generator, discriminator, build_gan(generator, discriminator)


def _pictures(count=6, size=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, size, size, 3), dtype=np.uint8)


def _color_error(generator, color):
    noise = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
    mean = np.mean(generator(noise), axis=(0, 1, 2))
    return np.abs(127.5 * (mean + 1.0) - color).max()


@pytest.mark.parametrize(
    "from_logits", [True, pytest.param(False, marks=pytest.mark.slow)]
)
def test_a_generator_of_noise_learns_the_colour_of_its_targets(tmp_path, from_logits):
    networks = _networks(from_logits=from_logits)
    color = np.array([200, 90, 40], np.uint8)
    targets = np.broadcast_to(color, (128, 4, 4, 3))
    # Untrained it draws mid-grey, 127.5; the adversaries then circle about the goal.
    assert _color_error(networks[0], color) > 60
    options = {"epochs": 20, "learning_rate": 1e-2, "save_every": 100}
    train_gan(*networks, None, targets, **options, output_dir=tmp_path, **QUIET)
    assert _color_error(networks[0], color) < 40


def test_files_and_history_of_every_epoch(tmp_path):
    networks = _networks()
    seen = []
    history = train_gan(
        *networks,
        _pictures(seed=1),
        _pictures(),
        epochs=3,
        batch_size=2,
        save_every=2,
        output_dir=tmp_path / "new" / "folder",
        log=lambda epoch, losses: seen.append((epoch, losses["generator"])),
        **QUIET,
    )
    folder = tmp_path / "new" / "folder"
    names = {
        "metrics.jsonl",
        *(
            f"{n}_epoch_{e}.keras"
            for n in ("generator", "discriminator")
            for e in (0, 2)
        ),
    }
    assert {path.name for path in folder.iterdir()} == names
    assert [e for e, _ in seen] == [0, 1, 2]
    assert history["generator"] == [value for _, value in seen]
    lines = [json.loads(s) for s in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [0, 1, 2]
    assert lines[1]["discriminator"] == pytest.approx(
        history["discriminator"][1], abs=1e-6
    )


@pytest.mark.parametrize("save_format", ["keras", "h5"])
def test_saved_networks_are_read_again(tmp_path, save_format):
    generator, discriminator, gan = _networks()
    options = {"epochs": 1, "output_dir": tmp_path, "save_format": save_format}
    train_gan(generator, discriminator, gan, None, _pictures(), **options, **QUIET)
    noise = np.random.default_rng(0).normal(size=(2, 4)).astype("float32")
    pictures = generator(noise)
    load = keras.saving.load_model
    loaded = load(tmp_path / f"generator_epoch_0.{save_format}")
    np.testing.assert_array_equal(loaded(noise), pictures)
    loaded = load(tmp_path / f"discriminator_epoch_0.{save_format}")
    np.testing.assert_array_equal(loaded(pictures), discriminator(pictures))


@pytest.mark.slow
@pytest.mark.parametrize("save_format", ["keras", "h5"])
@pytest.mark.parametrize("discriminator", ["conv", "dcgan", "dense", "patch"])
def test_the_library_s_networks_train_and_are_read_again(
    tmp_path, save_format, discriminator
):
    generator = build_generator("dcgan", latent_dim=4, image_size=16, width=4)
    discriminator = build_discriminator(discriminator, (16, 16, 3), width=4)
    gan = build_gan(generator, discriminator)
    options = {"epochs": 1, "output_dir": tmp_path, "save_format": save_format}
    targets = _pictures(size=16)
    train_gan(generator, discriminator, gan, None, targets, **options, **QUIET)
    load = keras.saving.load_model
    loaded = load(tmp_path / f"discriminator_epoch_0.{save_format}")
    pictures = generator(np.zeros((1, 4), "float32"))
    np.testing.assert_array_equal(loaded(pictures), discriminator(pictures))


def test_the_same_seed_gives_the_same_losses(tmp_path):
    options = {"epochs": 2, "batch_size": 3, "output_dir": tmp_path, **QUIET}
    first, second = (
        train_gan(*_networks(), None, _pictures(), seed=1, **options) for _ in range(2)
    )
    assert first == second


def test_generators_of_images_take_files_of_another_number_of_pictures(tmp_path):
    generator, discriminator, gan = _image_networks()
    np.save(tmp_path / "photos.npy", _pictures(3))
    np.save(tmp_path / "anime.npy", _pictures(5, seed=1))
    history = train_gan(
        generator,
        discriminator,
        gan,
        tmp_path / "photos.npy",
        str(tmp_path / "anime.npy"),
        epochs=1,
        output_dir=tmp_path,
        **QUIET,
    )
    assert set(history) == {
        "discriminator",
        "discriminator_on_real",
        "discriminator_on_fake",
        "generator",
    }


def test_networks_that_the_user_compiled_stay_as_they_are(tmp_path):
    generator, discriminator, gan = _networks(outputs="logits")
    loss = keras.losses.MeanSquaredError()
    discriminator.compile(keras.optimizers.SGD(0.1), loss=loss, metrics=["accuracy"])
    optimizer = keras.optimizers.SGD(0.1)
    discriminator.trainable = False
    gan.compile(optimizer, loss=loss)
    discriminator.trainable = True
    train_gan(
        generator,
        discriminator,
        gan,
        None,
        _pictures(),
        epochs=1,
        output_dir=tmp_path,
        **QUIET,
    )
    assert gan.optimizer is optimizer
    assert int(optimizer.iterations) == 1


def test_a_gan_of_other_networks_is_refused():
    generator, discriminator, _ = _networks()
    with pytest.raises(ValueError, match="of these very networks"):
        train_gan(generator, discriminator, _networks()[2], None, _pictures())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"target_images": _pictures(size=8)}, r"\(count, 4, 4, 3\).*\(6, 8, 8"),
        ({"target_images": _pictures() / 255.0}, "value_range"),
        ({"epochs": 0}, "`epochs` must be at least 1"),
        ({"batch_size": 0}, "`batch_size` must be at least 1"),
        ({"save_every": 0}, "`save_every` must be at least 1"),
        ({"latent_dim": 100}, "`latent_dim` must be .* latent_dim=100"),
        ({"save_format": "pt"}, "keras, h5. Received: save_format='pt'"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_written(
    tmp_path, arguments, message
):
    arguments = {"target_images": _pictures()} | arguments
    with pytest.raises(ValueError, match=message) as error:
        train_gan(*_networks(), None, output_dir=tmp_path / "run", **arguments)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "run").exists()


def test_photos_whose_pictures_the_discriminator_refuses_are_refused(tmp_path):
    generator, discriminator, gan = _image_networks()
    with pytest.raises(ValueError, match="`input_images` must fit the networks"):
        train_gan(
            generator,
            discriminator,
            gan,
            _pictures(size=8),
            _pictures(),
            output_dir=tmp_path,
        )
