import keras
import numpy as np
import pytest
from keras import layers

from animegan_tf.models.discriminators import build_discriminator
from animegan_tf.models.gan import all_layers, build_gan
from animegan_tf.recipes.common import dtype_policy
from animegan_tf.training.arrays.adversarial_step import (
    build_adversarial_step,
    frozen,
)
from animegan_tf.training.arrays.gan_model import compile_gan
from animegan_tf.training.optimizers import build_adam

SHAPE = (4, 4, 3)
SCALARS = {
    "discriminator",
    "discriminator_on_real",
    "discriminator_on_fake",
    "generator",
    "discriminator_accuracy",
}


def _networks(outputs="both", *, regularizer=None, from_logits=True):
    keras.utils.set_random_seed(0)
    generator = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(8, kernel_regularizer=regularizer),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Dense(48),
            layers.Activation("tanh", dtype="float32"),
            layers.Reshape(SHAPE),
        ]
    )
    discriminator = build_discriminator(
        "dense", image_size=4, width=8, from_logits=from_logits
    )
    return (
        generator,
        discriminator,
        build_gan(generator, discriminator, outputs=outputs),
    )


def _arrays(count=6, seed=0):
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(count, 4)).astype("float32")
    return inputs, rng.uniform(-1, 1, (count, *SHAPE)).astype("float32")


def _judge_by_brightness():
    """Networks of which the discriminator returns its image's mean, as a logit.

    Generated images are all of level -0.5.
    """
    generator = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(48, kernel_initializer="zeros"),
            layers.Reshape(SHAPE),
        ]
    )
    generator.layers[0].bias.assign(np.full(48, -0.5))
    discriminator = keras.Sequential(
        [keras.Input(SHAPE), layers.Flatten(), layers.Dense(1)]
    )
    discriminator.layers[-1].kernel.assign(np.full((48, 1), 1 / 48))
    return generator, discriminator, build_gan(generator, discriminator)


def _weights(networks):
    return [network.get_weights() for network in networks[:2]]


@pytest.mark.parametrize("outputs", ["both", "logits"])
def test_fit_trains_both_networks_and_returns_epoch_means(
    outputs, eagerly, same_weights
):
    networks = _networks(outputs)
    model = compile_gan(*networks, learning_rate=1e-2)
    before, batches = _weights(networks), []
    count = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: batches.append(dict(logs))
    )
    history = model.fit(
        *_arrays(6),
        batch_size=2,
        epochs=2,
        callbacks=[count],
        validation_data=_arrays(2, seed=1),
        verbose=0,
    ).history
    for old, new in zip(before, _weights(networks), strict=True):
        assert not same_weights(old, new)
    assert set(history) == SCALARS | {f"val_{name}" for name in SCALARS}
    assert len(batches) == 6
    for name in SCALARS:
        for epoch in range(2):
            values = [float(logs[name]) for logs in batches[3 * epoch : 3 * epoch + 3]]
            expected = pytest.approx(np.mean(values), rel=1e-4, abs=1e-6)
            assert float(history[name][epoch]) == expected, name


def test_callbacks_of_keras_work(eagerly, tmp_path):
    model = compile_gan(*_networks(), learning_rate=1e-2)
    callbacks = [
        keras.callbacks.CSVLogger(tmp_path / "log.csv"),
        keras.callbacks.EarlyStopping(
            "discriminator_accuracy", mode="max", patience=0, min_delta=9.0
        ),
    ]
    model.fit(*_arrays(2), epochs=5, callbacks=callbacks, verbose=0)
    # The second epoch is no improvement by 9.
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 1 + 2


def test_train_on_batch_makes_the_adversarial_step(eagerly):
    networks = _networks()
    model = compile_gan(*networks, learning_rate=1e-3)
    others = _networks()
    step = build_adversarial_step(*others[:2], build_adam(1e-3), build_adam(1e-3))
    for seed in range(2):
        inputs, reals = _arrays(4, seed)
        received = model.train_on_batch(inputs, reals, return_dict=True)
        expected = step({"input": inputs, "anime": reals})
        assert set(received) == SCALARS
        for name in SCALARS:
            assert float(received[name]) == pytest.approx(
                float(expected[name]), abs=1e-6
            )


def test_compiled_step_is_traced_once_for_a_shape():
    generator, discriminator, _ = _networks()
    traces = []

    class Counter(layers.Layer):
        def call(self, latents):
            traces.append(latents.shape)
            return latents

    counted = keras.Sequential([keras.Input((4,)), Counter(), generator])
    gan = build_gan(counted, discriminator)
    model = compile_gan(counted, discriminator, gan)
    traces.clear()
    for seed in range(4):
        model.train_on_batch(*_arrays(4, seed))
    # Generated once for the discriminator and once for the generator.
    assert len(traces) == 2


def test_losses_and_accuracy_by_hand(eagerly):
    networks = _judge_by_brightness()
    model = compile_gan(*networks)
    before = _weights(networks)
    # Of the real images, the second is taken for a generated one.
    reals = np.stack([np.full(SHAPE, level, "float32") for level in (0.5, -0.25)])
    inputs = np.zeros((2, 4), "float32")
    received = model.evaluate(inputs, reals, return_dict=True, verbose=0)
    on_real = np.mean(np.log1p(np.exp([-0.5, 0.25])))
    on_fake = np.log1p(np.exp(-0.5))
    expected = {
        "discriminator_on_real": on_real,
        "discriminator_on_fake": on_fake,
        "discriminator": 0.5 * (on_real + on_fake),
        "generator": np.log1p(np.exp(0.5)),
        "discriminator_accuracy": 0.5 * (0.5 + 1.0),
    }
    assert received == pytest.approx(expected, abs=1e-6)
    for old, new in zip(before, _weights(networks), strict=True):
        assert all(map(np.array_equal, old, new))
    # The same of a step in training, before its first network has moved.
    trained = model.train_on_batch(inputs, reals, return_dict=True)
    for name in ("discriminator_on_real", "discriminator_accuracy"):
        assert float(trained[name]) == pytest.approx(expected[name], abs=1e-3)


def test_probabilities_are_told_by_their_own_threshold(eagerly):
    generator, discriminator, _ = _judge_by_brightness()
    stack = [keras.Input(SHAPE), *discriminator.layers, layers.Activation("sigmoid")]
    sigmoid = keras.Sequential(stack)
    model = compile_gan(generator, sigmoid, build_gan(generator, sigmoid))
    # A mean of 0.25 is a probability of 0.56; of -0.5, one of 0.38.
    reals = np.full((2, *SHAPE), 0.25, "float32")
    inputs = np.zeros((2, 4), "float32")
    logs = model.evaluate(inputs, reals, return_dict=True, verbose=0)
    assert logs["discriminator_accuracy"] == 1.0
    on_real = np.log1p(np.exp(-0.25))
    assert logs["discriminator_on_real"] == pytest.approx(on_real, abs=1e-5)


def test_called_it_generates(eagerly):
    networks = _networks()
    model = compile_gan(*networks)
    inputs, _ = _arrays()
    np.testing.assert_allclose(model(inputs), networks[0](inputs), atol=1e-6)
    expected = networks[0](inputs).numpy()
    np.testing.assert_allclose(model.predict(inputs, verbose=0), expected, atol=1e-6)


def test_saved_model_is_loaded_and_trained_further(eagerly, tmp_path):
    model = compile_gan(*_networks(), learning_rate=1e-2)
    inputs, reals = _arrays()
    model.fit(inputs, reals, verbose=0)
    model.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    np.testing.assert_allclose(loaded(inputs), model(inputs), atol=1e-6)
    judged = loaded.discriminator(reals)
    np.testing.assert_allclose(judged, model.discriminator(reals), atol=1e-6)
    # The three networks still are of the same variables.
    again = compile_gan(loaded.generator, loaded.discriminator, loaded.gan)
    before = loaded.generator.get_weights()
    again.fit(inputs, reals, verbose=0)
    assert not np.array_equal(before[0], loaded.generator.get_weights()[0])


@pytest.mark.slow
def test_loaded_model_is_compiled_and_continues_as_if_unbroken(tmp_path, recwarn):
    model = compile_gan(*_networks("logits"), learning_rate=1e-2)
    batch = _arrays(2)
    # Their results would depend on seeds that a file does not hold.
    for layer in all_layers(model.discriminator):
        if isinstance(layer, layers.Dropout):
            layer.rate = 0.0
    model.train_on_batch(*batch)
    model.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    assert not [w for w in recwarn if "compile" in str(w.message)]
    for _ in range(2):
        received = loaded.train_on_batch(*batch, return_dict=True)
        expected = model.train_on_batch(*batch, return_dict=True)
        assert received == pytest.approx(expected, rel=1e-4)


def test_weights_are_saved_and_loaded_alone(eagerly, tmp_path):
    model = compile_gan(*_networks(), learning_rate=1e-2)
    inputs, reals = _arrays()
    model.fit(inputs, reals, verbose=0)
    model.save_weights(tmp_path / "gan.weights.h5")
    other = compile_gan(*_networks())
    other.load_weights(tmp_path / "gan.weights.h5")
    np.testing.assert_allclose(other(inputs), model(inputs), atol=1e-6)


def test_compiled_networks_keep_their_own_optimizer_and_loss(eagerly):
    generator, discriminator, gan = _networks("logits")
    loss = keras.losses.MeanSquaredError()
    optimizers = [keras.optimizers.SGD(0.1) for _ in "ab"]
    discriminator.compile(optimizers[0], loss=loss)
    with frozen(discriminator):
        gan.compile(optimizers[1], loss=loss)
    model = compile_gan(generator, discriminator, gan, learning_rate=5.0)
    inputs, reals = _arrays()
    expected = np.mean(np.square(discriminator(reals) - 1.0))
    logs = model.evaluate(inputs, reals, return_dict=True, verbose=0)
    assert logs["discriminator_on_real"] == pytest.approx(float(expected), rel=1e-4)
    model.fit(inputs, reals, verbose=0)
    assert (discriminator.optimizer, gan.optimizer) == tuple(optimizers)
    assert [int(optimizer.iterations) for optimizer in optimizers] == [2, 1]


def test_kernel_regularizers_count_in_the_generator_s_loss(eagerly):
    inputs, reals = _arrays()

    def evaluate(regularizer):
        networks = _networks(regularizer=regularizer)
        model = compile_gan(*networks)
        return model.evaluate(inputs, reals, return_dict=True, verbose=0), networks

    plain, _ = evaluate(None)
    regularized, networks = evaluate(keras.regularizers.L2(0.1))
    expected = 0.1 * np.square(networks[0].layers[0].kernel.numpy()).sum()
    difference = regularized["generator"] - plain["generator"]
    assert difference == pytest.approx(expected, rel=1e-3)
    assert regularized["discriminator"] == pytest.approx(plain["discriminator"])


def test_losses_are_scaled_in_mixed_float16(eagerly):
    with dtype_policy("mixed_float16"):
        networks = _networks()
    reference = _networks()
    for network, other in zip(networks[:2], reference[:2], strict=True):
        network.set_weights(other.get_weights())
    models = []
    for generator, discriminator, gan in (networks, reference):
        discriminator.compile(
            keras.optimizers.SGD(0.1),
            loss=keras.losses.BinaryCrossentropy(from_logits=True),
        )
        with frozen(discriminator):
            loss = keras.losses.BinaryCrossentropy(from_logits=True)
            gan.compile(keras.optimizers.SGD(0.1), loss=[None, loss])
        models.append(compile_gan(generator, discriminator, gan))
    scaling = keras.optimizers.LossScaleOptimizer
    assert isinstance(networks[1].optimizer, scaling)
    start = reference[1].get_weights()
    for model in models:
        model.train_on_batch(*_arrays())
    moved = [
        np.concatenate([np.ravel(a - b) for a, b in zip(w, start, strict=True)])
        for w in (networks[1].get_weights(), reference[1].get_weights())
    ]
    # Without scaling, the step would be 32768 times too short.
    assert np.linalg.norm(moved[0]) == pytest.approx(np.linalg.norm(moved[1]), rel=0.5)


def test_no_warning_about_flags_that_changed(eagerly, recwarn):
    model = compile_gan(*_networks())
    for _ in range(2):
        model.train_on_batch(*_arrays(2))
    messages = [str(warning.message) for warning in recwarn]
    assert not [text for text in messages if "trainable" in text]
    assert model.discriminator.trainable_variables


def test_gan_of_other_networks_is_refused():
    generator, discriminator, _ = _networks()
    with pytest.raises(ValueError, match="of these networks"):
        compile_gan(generator, discriminator, _networks()[2])
