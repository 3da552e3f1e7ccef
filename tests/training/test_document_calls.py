import json

import keras
import numpy as np
import pytest
from keras import layers

from animegan_tf.models.discriminators import build_discriminator
from animegan_tf.models.gan import build_gan
from animegan_tf.models.generators import build_generator
from animegan_tf.models.layers import SpectralNormConv2D
from animegan_tf.training.arrays.adversarial_step import build_adversarial_step, frozen
from animegan_tf.training.arrays.calls import (
    build_loss,
    build_optimizer,
    train_step,
)
from animegan_tf.training.arrays.epoch_files import EpochFiles
from animegan_tf.training.arrays.gan_model import compile_gan
from animegan_tf.training.arrays.train_gan import train_gan
from animegan_tf.training.health import TrainingDivergedError
from animegan_tf.training.optimizers import build_adam

SHAPE = (4, 4, 3)
SCALARS = {
    "discriminator",
    "discriminator_on_real",
    "discriminator_on_fake",
    "generator",
    "discriminator_accuracy",
}


def _networks(*, from_logits=True, regularizer=None):
    """Networks with all that has a mode or a state."""
    keras.utils.set_random_seed(0)
    # No bias before a normalization: its gradient is rounding error alone, which Adam
    # would turn into whole steps.
    generator = [
        keras.Input((4,)),
        layers.Dense(48, use_bias=False, kernel_regularizer=regularizer),
        layers.BatchNormalization(),
        layers.Activation("tanh"),
        layers.Reshape(SHAPE),
    ]
    discriminator = [
        keras.Input(SHAPE),
        SpectralNormConv2D(4, 3, strides=2, use_bias=False),
        layers.BatchNormalization(),
        layers.LeakyReLU(0.2),
        layers.Dropout(0.3),
        layers.Flatten(),
        layers.Dense(
            1,
            activation=None if from_logits else "sigmoid",
            kernel_regularizer=regularizer,
        ),
    ]
    return keras.Sequential(generator), keras.Sequential(discriminator)


def _library_networks(discriminator):
    keras.utils.set_random_seed(0)
    generator = build_generator("dcgan", latent_dim=4, image_size=16, width=4)
    return generator, build_discriminator(discriminator, (16, 16, 3), width=4)


def _batch(seed=0, count=4, shape=SHAPE):
    rng = np.random.default_rng(seed)
    return {
        "input": rng.normal(size=(count, 4)).astype("float32"),
        "anime": rng.uniform(-1, 1, (count, *shape)).astype("float32"),
    }


def _floats(scalars):
    return {name: float(value) for name, value in scalars.items()}


def _build_step(networks, **options):
    return build_adversarial_step(
        *networks, build_adam(1e-3), build_adam(1e-3), **options
    )


class _KerasSteps:
    """The same three steps, each by `train_on_batch` of Keras."""

    def __init__(self, generator, discriminator):
        self.generator, self.discriminator = generator, discriminator
        self.gan = build_gan(generator, discriminator, outputs="logits")
        compile_gan(generator, discriminator, self.gan, learning_rate=1e-3)

    def __call__(self, batch):
        before = [w.numpy() for w in self.generator.non_trainable_weights]
        fakes = np.asarray(self.generator(batch["input"], training=True))
        for weight, value in zip(
            self.generator.non_trainable_weights, before, strict=True
        ):
            weight.assign(value)
        ones = np.ones((len(fakes), 1), "float32")
        ones = np.broadcast_to(
            ones.reshape(-1, *[1] * (len(self.discriminator.output_shape) - 1)),
            (len(fakes), *self.discriminator.output_shape[1:]),
        )
        real = self.discriminator.train_on_batch(batch["anime"], ones)
        fake = self.discriminator.train_on_batch(fakes, 0.0 * ones)
        with frozen(self.discriminator):
            generator = self.gan.train_on_batch(batch["input"], ones)
        # Each is the mean since the last reset.
        return real, fake, generator


def _check_parity(build, shape=SHAPE):
    networks, others = build(), build()
    fast, slow = _build_step(networks), _KerasSteps(*others)
    for seed in range(2):
        losses = _floats(fast(_batch(seed, shape=shape)))
        for network in (others[1], slow.gan):
            network.reset_metrics()
        real, _, generator = slow(_batch(seed, shape=shape))
        assert losses["discriminator_on_real"] == pytest.approx(float(real), abs=1e-5)
        assert losses["generator"] == pytest.approx(float(generator), abs=1e-5)
    for network, other in zip(networks, others, strict=True):
        for one, two in zip(network.weights, other.weights, strict=True):
            np.testing.assert_allclose(one.numpy(), two.numpy(), atol=1e-4)


def test_step_equals_three_steps_of_keras(eagerly):
    _check_parity(_networks)


@pytest.mark.slow
@pytest.mark.parametrize("discriminator", ["conv", "dcgan", "dense", "patch"])
def test_step_equals_three_steps_of_keras_for_every_discriminator(discriminator):
    _check_parity(lambda: _library_networks(discriminator), (16, 16, 3))


@pytest.mark.parametrize("from_logits", [True, False])
def test_first_losses_are_those_worked_by_hand(from_logits, eagerly):
    generator, discriminator = _networks(from_logits=from_logits)
    head = discriminator.layers[-1]
    # A head of zeros gives the logit 0, the probability 1/2: each loss is log 2.
    head.set_weights([np.zeros_like(weight) for weight in head.get_weights()])
    losses = _floats(_build_step((generator, discriminator))(_batch()))
    assert set(losses) == SCALARS
    assert losses["discriminator_on_real"] == pytest.approx(np.log(2), abs=1e-6)
    both = losses["discriminator_on_real"] + losses["discriminator_on_fake"]
    assert losses["discriminator"] == pytest.approx(both / 2)


@pytest.mark.parametrize("moving", ["generator", "discriminator"])
def test_each_step_moves_only_its_own_network(moving, eagerly, same_weights):
    networks = dict(zip(("generator", "discriminator"), _networks(), strict=True))
    (resting,) = [network for name, network in networks.items() if name != moving]
    # A rate of 0 silences the other step; what still moves, moves by mistake.
    optimizers = [build_adam(1e-2 * (name == moving)) for name in networks]
    step = build_adversarial_step(*networks.values(), *optimizers)
    before = [v.numpy() for v in resting.trainable_variables]
    own = networks[moving].get_weights()
    step(_batch())
    assert same_weights(before, [v.numpy() for v in resting.trainable_variables])
    assert not same_weights(own, networks[moving].get_weights())


def test_discriminator_s_statistics_are_those_of_its_own_steps(eagerly):
    networks = _networks()
    _build_step(networks)(_batch())
    # One update of momentum 0.99 for the generator, two for the discriminator.
    for network, index, num_updates in ((networks[0], 1, 1), (networks[1], 1, 2)):
        variance = network.layers[index].moving_variance.numpy()
        assert np.all(1.0 - variance <= 1.0 - 0.99**num_updates + 1e-6)
        assert np.all(variance != 1.0)


@pytest.mark.parametrize("loss", ["lsgan", "hinge", "wasserstein", "bce_saturating"])
def test_other_losses_train_too(loss, eagerly):
    step = _build_step(_networks(), loss=loss)
    for seed in range(2):
        assert all(np.isfinite(float(value)) for value in step(_batch(seed)).values())


def test_the_same_seed_gives_the_same_training_in_one_trace():
    steps = [_build_step(_networks()) for _ in "ab"]
    first, second = (
        [_floats(step(_batch(seed))) for seed in range(2)] for step in steps
    )
    assert first == second
    assert steps[0].experimental_get_tracing_count() == 1


@pytest.mark.parametrize("scaled", [False, True])
def test_batch_that_is_not_finite_changes_nothing(scaled, eagerly, same_weights):
    networks = _networks()
    optimizers = [build_adam(1e-2) for _ in networks]
    if scaled:
        optimizers = [keras.optimizers.LossScaleOptimizer(o) for o in optimizers]
    step = build_adversarial_step(*networks, *optimizers)
    before = [network.get_weights() for network in networks]
    losses = _floats(step(_batch() | {"input": np.full((4, 4), np.nan, "float32")}))
    assert np.isnan(losses["generator"])
    assert same_weights(before[0], networks[0].get_weights())
    # The real images were good ones, so the discriminator has learned from them alone.
    after = networks[1].get_weights()
    assert all(np.isfinite(weight).all() for weight in after)
    assert not same_weights(before[1], after)
    step(_batch() | {"anime": np.full((4, *SHAPE), np.inf, "float32")})
    for network in networks:
        assert all(np.isfinite(weight).all() for weight in network.get_weights())
    assert all(np.isfinite(value) for value in _floats(step(_batch())).values())


def test_kernel_regularizers_count_in_the_losses(eagerly):
    plain = _floats(_build_step(_networks())(_batch()))
    networks = _networks(regularizer=keras.regularizers.L2(0.1))
    kernels = [networks[0].layers[0].kernel, networks[1].layers[-1].kernel]
    expected = [0.1 * np.square(kernel.numpy()).sum() for kernel in kernels]
    losses = _floats(_build_step(networks)(_batch()))
    real = losses["discriminator_on_real"] - plain["discriminator_on_real"]
    assert real == pytest.approx(expected[1], rel=1e-3)
    # The discriminator's do not count in the generator's loss, but it has moved.
    generator = losses["generator"] - plain["generator"]
    assert generator == pytest.approx(expected[0], rel=2e-2)


@pytest.mark.parametrize("network", ["generator", "discriminator"])
def test_optimizer_that_scales_losses_makes_the_same_step(network, eagerly):
    def train(scaled):
        networks = dict(zip(("generator", "discriminator"), _networks(), strict=True))
        optimizers = {name: keras.optimizers.SGD(0.1) for name in networks}
        if scaled:
            scaling = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1))
            optimizers[network] = scaling
        build_adversarial_step(*networks.values(), *optimizers.values())(_batch())
        return networks[network].get_weights()

    # Without the scaling, its gradients would be 32768 times too small.
    for one, other in zip(train(True), train(False), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_frozen_restores_each_layer_s_own_flag():
    network = _networks()[1]
    network.layers[0].trainable = False
    flags = [layer.trainable for layer in network.layers]
    with frozen(network):
        assert network.trainable_variables == []
    assert [layer.trainable for layer in network.layers] == flags
    assert network.trainable and network.trainable_variables


def test_frozen_reaches_networks_in_networks_and_survives_errors():
    inner = _networks()[1]
    outer = keras.Sequential([keras.Input(SHAPE), inner])
    inner.layers[0].trainable = False
    with pytest.raises(RuntimeError), frozen(outer):
        assert outer.trainable_variables == []
        raise RuntimeError
    assert [layer.trainable for layer in inner.layers[:2]] == [False, True]


def test_networks_that_cannot_be_trained_are_refused():
    with pytest.raises(ValueError, match="sigmoid.*'hinge'"):
        _build_step(_networks(from_logits=False), loss="hinge")
    with pytest.raises(ValueError, match="bce.*Received: adversarial_loss='bcee'"):
        _build_step(_networks(), loss="bcee")
    generator, discriminator = _networks()
    discriminator.trainable = False
    with pytest.raises(ValueError, match="`discriminator` must have something"):
        _build_step((generator, discriminator))

    class Generator(keras.Model):
        pass

    with pytest.raises(ValueError, match="`generator` must be built"):
        _build_step((Generator(), discriminator))


# build_loss, build_optimizer and train_step


def test_three_calls_train_as_the_step_does(eagerly):
    networks = _networks()
    optimizer = build_optimizer(build_loss(*networks), learning_rate=1e-3)
    step = _build_step(_networks())
    for seed in range(2):
        scalars = _floats(train_step(*networks, optimizer, _batch(seed)))
        assert scalars == pytest.approx(_floats(step(_batch(seed))), abs=1e-6)


def _networks_of_large_images(dtype):
    """Networks whose gradient at a pixel is below what float16 can hold."""
    keras.utils.set_random_seed(0)
    options = {"use_bias": False, "dtype": dtype}
    generator = [keras.Input((32, 32, 3)), layers.Conv2D(3, 1, **options)]
    kernel = keras.initializers.RandomNormal(stddev=2e-4, seed=1)
    discriminator = [
        keras.Input((32, 32, 3)),
        layers.Conv2D(1, 1, kernel_initializer=kernel, **options),
        layers.GlobalAveragePooling2D(dtype=dtype),
        layers.Activation("linear", dtype="float32"),
    ]
    return keras.Sequential(generator), keras.Sequential(discriminator)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_losses_are_not_scaled_where_nothing_is_computed_in_float16(policy):
    optimizer = build_optimizer(build_loss(*_networks_of_large_images(policy)))
    assert isinstance(optimizer.generator, keras.optimizers.Adam)
    assert isinstance(optimizer.discriminator, keras.optimizers.Adam)


def test_small_gradients_survive_mixed_float16(eagerly):
    rng = np.random.default_rng(0)
    batch = [rng.uniform(0, 1, (4, 32, 32, 3)).astype("float32") for _ in range(2)]
    moved = {}
    for dtype in ("float32", "mixed_float16", "unscaled"):
        networks = _networks_of_large_images(dtype.replace("unscaled", "mixed_float16"))
        before = [network.get_weights()[0] for network in networks]
        if dtype == "unscaled":
            optimizers = build_adam(1e-5), build_adam(1e-5)
            step = build_adversarial_step(*networks, *optimizers, from_logits=True)
            step(tuple(batch))
        else:
            loss = build_loss(*networks, from_logits=True)
            optimizer = build_optimizer(loss, learning_rate=1e-5)
            for _ in range(2):
                train_step(*networks, optimizer, batch)
        moved[dtype] = [
            network.get_weights()[0] - start
            for network, start in zip(networks, before, strict=True)
        ]
    for own, expected in zip(moved["mixed_float16"], moved["float32"], strict=True):
        np.testing.assert_allclose(own, expected, rtol=0.05)
    assert np.array_equal(moved["unscaled"][0], np.zeros((1, 1, 3, 3)))


def test_generator_s_loss_is_scaled_for_a_discriminator_in_float16():
    generator, _ = _networks_of_large_images("float32")
    _, discriminator = _networks_of_large_images("mixed_float16")
    optimizer = build_optimizer(build_loss(generator, discriminator), learning_rate=0.5)
    for own in (optimizer.generator, optimizer.discriminator):
        assert isinstance(own, keras.optimizers.LossScaleOptimizer)
        assert float(own.learning_rate) == 0.5


def test_subclassed_networks_are_built_by_the_first_batch(eagerly):
    class Generator(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(48)

        def call(self, latents):
            return keras.ops.reshape(self.dense(latents), (-1, *SHAPE))

    networks = Generator(), _networks()[1]
    optimizer = build_optimizer(build_loss(*networks))
    assert set(train_step(*networks, optimizer, _batch())) == SCALARS
    assert networks[0].built


def test_each_network_has_an_optimizer_and_a_learning_rate_of_its_own():
    optimizer = build_optimizer(
        build_loss(*_networks()), learning_rate=1e-3, discriminator_learning_rate=2e-3
    )
    assert float(optimizer.generator.learning_rate) == pytest.approx(1e-3)
    assert float(optimizer.discriminator.learning_rate) == pytest.approx(2e-3)


def test_sigmoid_is_taken_for_probabilities_unless_told_otherwise():
    networks = _networks(from_logits=False)
    assert not build_loss(*networks).from_logits
    assert build_loss(*networks, from_logits=True).from_logits


def test_arguments_that_do_not_fit_together_are_refused():
    networks = _networks()
    loss = build_loss(*networks)
    optimizer = build_optimizer(loss)
    with pytest.raises(ValueError, match="`optimizer` must be built from the loss of"):
        train_step(*_networks(), optimizer, _batch())
    with pytest.raises(ValueError, match=r"input and anime, .* Received: \['photo'\]"):
        train_step(*networks, optimizer, {"photo": _batch()["input"]})
    with pytest.raises(ValueError, match="Received: adversarial_loss='gan'"):
        build_loss(*networks, name="gan")
    with pytest.raises(ValueError, match="`loss` must be what build_loss returned"):
        build_optimizer("lsgan")
    for argument in ("learning_rate", "discriminator_learning_rate"):
        message = f"`{argument}` must be positive.*Received: {argument}=-1.0"
        with pytest.raises(ValueError, match=message):
            build_optimizer(loss, **{argument: -1.0})


# train_gan


def _gan(*, from_logits=True, dropout=0.3):
    keras.utils.set_random_seed(0)
    generator = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(8),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Dense(48, activation="tanh"),
            layers.Reshape(SHAPE),
        ]
    )
    discriminator = build_discriminator(
        "dense", image_size=4, width=8, from_logits=from_logits, dropout=dropout
    )
    return generator, discriminator, build_gan(generator, discriminator)


def _image_gan():
    generator = build_generator("autoencoder", width=4, num_downsamples=1)
    discriminator = build_discriminator("dense", image_size=4, width=4)
    return generator, discriminator, build_gan(generator, discriminator)


def _images(count=6, size=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, size, size, 3), dtype=np.uint8)


@pytest.fixture
def train(tmp_path, eagerly):
    """A function that trains a GAN on arrays, quietly, and returns the history."""

    def function(networks, targets, inputs=None, **options):
        options = {"epochs": 1, "output_dir": tmp_path, "progress": False} | options
        return train_gan(*networks, inputs, targets, **options)

    return function


def _color_error(generator, color):
    noise = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
    mean = np.mean(generator(noise), axis=(0, 1, 2))
    return np.abs(127.5 * (mean + 1.0) - color).max()


@pytest.mark.slow
@pytest.mark.parametrize("from_logits", [True, False])
def test_generator_of_noise_learns_the_color_of_its_targets(tmp_path, from_logits):
    networks = _gan(from_logits=from_logits)
    color = np.array([200, 90, 40], np.uint8)
    targets = np.broadcast_to(color, (128, *SHAPE))
    # Untrained it generates mid-gray, 127.5; the two networks then circle around it.
    assert _color_error(networks[0], color) > 60
    options = {"epochs": 20, "learning_rate": 1e-2, "save_every": 100}
    options |= {"output_dir": tmp_path, "progress": False}
    train_gan(*networks, None, targets, **options)
    assert _color_error(networks[0], color) < 40


def test_files_and_history_of_every_epoch(train, tmp_path):
    folder, seen = tmp_path / "new" / "folder", []
    history = train(
        _gan(),
        _images(),
        _images(seed=1),
        epochs=3,
        batch_size=2,
        save_every=2,
        output_dir=folder,
        log=lambda epoch, losses: seen.append((epoch, losses["generator"])),
    )
    networks = {
        f"{name}_epoch_{epoch}.keras"
        for name in ("generator", "discriminator")
        for epoch in (0, 2)
    }
    assert {path.name for path in folder.iterdir()} == {"metrics.jsonl", *networks}
    assert [epoch for epoch, _ in seen] == [0, 1, 2]
    assert history["generator"] == [value for _, value in seen]
    assert set(history) == SCALARS
    lines = [json.loads(s) for s in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [0, 1, 2]
    logged = lines[1]["discriminator"]
    assert logged == pytest.approx(history["discriminator"][1], abs=1e-6)


@pytest.mark.parametrize("save_format", ["keras", "h5"])
def test_saved_networks_are_loaded_again(train, tmp_path, save_format):
    generator, discriminator, gan = _gan()
    train((generator, discriminator, gan), _images(), save_format=save_format)
    noise = np.random.default_rng(0).normal(size=(2, 4)).astype("float32")
    images = generator(noise)
    load = keras.saving.load_model
    loaded = load(tmp_path / f"generator_epoch_0.{save_format}")
    np.testing.assert_array_equal(loaded(noise), images)
    loaded = load(tmp_path / f"discriminator_epoch_0.{save_format}")
    np.testing.assert_array_equal(loaded(images), discriminator(images))


@pytest.mark.slow
@pytest.mark.parametrize("save_format", ["keras", "h5"])
@pytest.mark.parametrize("discriminator", ["conv", "dcgan", "dense", "patch"])
def test_every_discriminator_trains_and_is_loaded_again(
    train, tmp_path, save_format, discriminator
):
    generator, discriminator = _library_networks(discriminator)
    gan = build_gan(generator, discriminator)
    train((generator, discriminator, gan), _images(size=16), save_format=save_format)
    load = keras.saving.load_model
    loaded = load(tmp_path / f"discriminator_epoch_0.{save_format}")
    images = generator(np.zeros((1, 4), "float32"))
    np.testing.assert_array_equal(loaded(images), discriminator(images))


@pytest.mark.slow
def test_the_same_seed_gives_the_same_losses(train):
    options = {"epochs": 2, "batch_size": 3, "seed": 1, "overwrite": True}
    assert train(_gan(), _images(), **options) == train(_gan(), _images(), **options)


def test_generator_of_images_takes_files_of_another_number_of_images(train, tmp_path):
    np.save(tmp_path / "photos.npy", _images(3))
    np.save(tmp_path / "anime.npy", _images(5, seed=1))
    photos, anime = tmp_path / "photos.npy", str(tmp_path / "anime.npy")
    assert set(train(_image_gan(), anime, photos)) == SCALARS


def test_networks_that_the_user_compiled_stay_as_they_are(train):
    generator, discriminator, _ = _gan()
    gan = build_gan(generator, discriminator, outputs="logits")
    loss, optimizer = keras.losses.MeanSquaredError(), keras.optimizers.SGD(0.1)
    discriminator.compile(keras.optimizers.SGD(0.1), loss=loss)
    with frozen(discriminator):
        gan.compile(optimizer, loss=loss)
    train((generator, discriminator, gan), _images())
    assert gan.optimizer is optimizer
    assert int(optimizer.iterations) == 1


def test_losses_that_stay_not_finite_stop_the_training(train):
    generator, discriminator, gan = _gan()
    generator.layers[0].kernel.assign(np.full((4, 8), np.nan))
    with pytest.raises(TrainingDivergedError, match="for 20 steps"):
        train((generator, discriminator, gan), _images(60), batch_size=2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"targets": _images(size=8)}, r"\(count, 4, 4, 3\).*\(6, 8, 8"),
        ({"targets": _images() / 255.0}, "value_range"),
        ({"epochs": 0}, "`epochs` must be at least 1"),
        ({"batch_size": 0}, "`batch_size` must be at least 1"),
        ({"save_every": 0}, "`save_every` must be at least 1"),
        ({"latent_dim": 100}, "`latent_dim` must be .* latent_dim=100"),
        ({"save_format": "pt"}, "keras, h5. Received: save_format='pt'"),
        ({"epochs": "two"}, "`epochs` must be an integer. Received: epochs='two'"),
        ({"batch_size": None}, "`batch_size` must be an integer"),
        ({"seed": "x"}, "`seed` must be an integer"),
        ({"learning_rate": float("nan")}, "`learning_rate` must be positive"),
        ({"learning_rate": -1}, "`learning_rate` must be positive.*rate=-1"),
        ({"value_range": "low"}, "`value_range` must be the minimum and"),
        ({"value_range": (0.0, float("inf"))}, "`value_range` must be the minimum"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_written(
    train, tmp_path, arguments, message
):
    arguments = {"targets": _images(), "output_dir": tmp_path / "run"} | arguments
    with pytest.raises(ValueError, match=message) as error:
        train(_gan(), **arguments)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "run").exists()


def test_networks_that_do_not_fit_together_are_refused(train):
    with pytest.raises(ValueError, match="of these networks"):
        train((*_gan()[:2], _gan()[2]), _images())
    with pytest.raises(ValueError, match="`input_images` must fit the networks"):
        train(_image_gan(), _images(), _images(size=8))


# The files of a training in epochs


@pytest.mark.parametrize(
    ("every", "last", "expected"),
    [(1, 2, [0, 1, 2]), (2, 3, [0, 2, 3]), (9, 2, [0, 2])],
)
def test_networks_are_saved_every_nth_epoch_and_after_the_last(
    tmp_path, identity_generator, negative_generator, every, last, expected
):
    files = EpochFiles(tmp_path, "keras", every=every, last=last)
    networks = {"generator": identity_generator, "discriminator": negative_generator}
    for epoch in range(last + 1):
        files.save(epoch, **networks)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {f"{n}_epoch_{epoch}.keras" for n in networks for epoch in expected}
    image = np.full((1, 2, 2, 3), 0.5, "float32")
    for name, level in (("generator", 0.5), ("discriminator", -0.5)):
        loaded = keras.saving.load_model(tmp_path / f"{name}_epoch_0.keras")
        np.testing.assert_array_equal(loaded(image), np.full_like(image, level))


def test_second_training_in_a_folder_is_refused_unless_it_may_overwrite(
    train, tmp_path
):
    networks, folder = _gan(), tmp_path / "run"
    options = {"output_dir": folder, "save_format": "h5"}
    train(networks, _images(), epochs=2, **options)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(FileExistsError, match="already holds a training: .*run"):
        train(networks, _images(), **options)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    (folder / "my_epoch_1.h5").touch()
    train(networks, _images(), overwrite=True, output_dir=folder)
    names = sorted(path.name for path in folder.iterdir())
    networks = ["discriminator_epoch_0.keras", "generator_epoch_0.keras"]
    assert names == [*networks, "metrics.jsonl", "my_epoch_1.h5"]


def test_log_begins_anew_and_has_a_line_an_epoch(tmp_path):
    for _ in range(2):
        files = EpochFiles(
            tmp_path / "new" / "run", "keras", every=1, last=9, overwrite=True
        )
        files.start()
        files.log(0, {"generator": 1.23456789})
        files.log(1, {"generator": 2.0, "discriminator": 0.5})
    text = (tmp_path / "new" / "run" / "metrics.jsonl").read_text()
    assert [json.loads(line) for line in text.splitlines()] == [
        {"epoch": 0, "generator": 1.234568},
        {"epoch": 1, "generator": 2.0, "discriminator": 0.5},
    ]
    assert files.history == {"generator": [1.23456789, 2.0], "discriminator": [0.5]}


def test_a_batch_may_be_a_tuple(eagerly):
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(2, 4)).astype("float32")
    reals = rng.uniform(-1, 1, (2, *SHAPE)).astype("float32")
    results = []
    for batch in ({"input": inputs, "anime": reals}, (inputs, reals), [inputs, reals]):
        networks = _networks()
        optimizer = build_optimizer(build_loss(*networks))
        results.append(train_step(*networks, optimizer, batch))
        step = build_adversarial_step(*_networks(), build_adam(2e-4), build_adam(2e-4))
        results.append(step(batch if isinstance(batch, dict) else tuple(batch)))
    for result in results[1:]:
        assert {k: float(v) for k, v in result.items()} == pytest.approx(
            {k: float(v) for k, v in results[0].items()}, abs=1e-6
        )
    for batch in ((inputs,), "text", {"input": inputs}):
        with pytest.raises(ValueError, match="or be a tuple of the two"):
            train_step(*networks, optimizer, batch)


def test_learning_rates_may_be_schedules(eagerly):
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([0], [0.5, 0.0])
    networks = _networks()
    optimizer = build_optimizer(build_loss(*networks), learning_rate=schedule)
    batch = np.zeros((1, 4), "float32"), np.zeros((1, *SHAPE), "float32")
    train_step(*networks, optimizer, batch)
    moved = networks[0].trainable_variables[0].numpy()
    train_step(*networks, optimizer, batch)
    # From the second update on, the rate is 0.
    assert np.array_equal(networks[0].trainable_variables[0].numpy(), moved)
    for rate in (float("nan"), -1.0, 0.0, float("inf"), "fast", None, True):
        with pytest.raises(ValueError, match="`learning_rate` must be positive"):
            build_optimizer(build_loss(*networks), learning_rate=rate)
    for beta in (float("nan"), -1.0, 1.0, None, "slow"):
        with pytest.raises(ValueError, match=r"`beta_1` must be in \[0, 1\)"):
            build_optimizer(build_loss(*networks), beta_1=beta)


def test_what_is_no_network_optimizer_or_batch_is_named(eagerly):
    generator, discriminator = _networks()
    adam = build_adam(2e-4)
    optimizer = build_optimizer(build_loss(generator, discriminator))
    for call, message in (
        (lambda: build_loss(None, discriminator), "`generator` must be a keras.Model"),
        (lambda: build_loss(generator, "conv"), "`discriminator` must be a keras.Mod"),
        (
            lambda: build_adversarial_step(None, discriminator, adam, adam),
            "`generator` must be a keras.Model. Received: generator=None",
        ),
        (
            lambda: build_adversarial_step(generator, discriminator, adam, "adam"),
            "`discriminator_optimizer` must be a Keras optimizer",
        ),
        (
            lambda: train_step(generator, discriminator, adam, {}),
            "`optimizer` must be what build_optimizer returned",
        ),
        (
            lambda: train_step(generator, discriminator, optimizer, ("noise", "x")),
            "`batch` must have arrays of numbers. Received: input='noise'",
        ),
    ):
        with pytest.raises(ValueError, match=message) as error:
            call()
        assert "\n" not in str(error.value)


class Judge(keras.Model):
    """A subclassed discriminator whose sigmoid is not declared last."""

    def __init__(self):
        super().__init__()
        self.probability = layers.Dense(1, activation="sigmoid")
        self.flatten = layers.Flatten()

    def call(self, images, training=False):
        return self.probability(self.flatten(images))


def test_probabilities_of_a_subclassed_network_are_found_at_the_first_step(eagerly):
    generator, discriminator = _networks()[0], Judge()
    loss = build_loss(generator, discriminator)
    assert loss.from_logits is None
    optimizer = build_optimizer(loss)
    reals = np.full((2, *SHAPE), 0.5, "float32")
    batch = np.zeros((2, 4), "float32"), reals
    discriminator(reals)
    expected = -np.log(discriminator(reals).numpy()).mean()
    losses = train_step(generator, discriminator, optimizer, batch)
    assert float(losses["discriminator_on_real"]) == pytest.approx(expected, rel=1e-4)
