import keras
import numpy as np
import pytest
from keras import layers as keras_layers

from animegan_tf.models.features.extractor import build_feature_extractor
from animegan_tf.models.features.vgg19 import (
    LAYER_NAMES,
    CaffePreprocessing,
    build_feature_chain,
)

WIDTHS = {"block1_conv1": 4, "block1_conv2": 5, "block2_conv1": 6}


def _arrays():
    random = np.random.default_rng(0)
    inputs, arrays = 3, {}
    for name, width in WIDTHS.items():
        kernel = random.normal(size=(3, 3, inputs, width)) * 0.1
        arrays[f"{name}/kernel"] = kernel.astype("float32")
        arrays[f"{name}/bias"] = random.normal(size=width).astype("float32")
        inputs = width
    return arrays


@pytest.fixture
def weights_file(tmp_path):
    np.savez(tmp_path / "weights.npz", **_arrays())
    return tmp_path / "weights.npz"


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(1).uniform(-1, 1, (2, 10, 9, 3)).astype("float32")


def _convolve(image, kernel, bias):
    """Convolve one image with zero padding, pixel by pixel."""
    padded = np.pad(image, ((1, 1), (1, 1), (0, 0)))
    rows = [
        [
            np.einsum("ijc,ijco->o", padded[y : y + 3, x : x + 3], kernel)
            for x in range(image.shape[1])
        ]
        for y in range(image.shape[0])
    ]
    return np.array(rows) + bias


def test_preprocessing_by_hand():
    image = np.array([[[[1.0, 0.0, -1.0]]]], "float32")
    expected = [[[[0 - 103.939, 127.5 - 116.779, 255 - 123.68]]]]
    np.testing.assert_allclose(CaffePreprocessing()(image), expected, rtol=1e-5)


def test_features_are_those_of_a_manual_computation(weights_file, image):
    arrays = _arrays()
    x = (image[0, ..., ::-1] + 1) * 127.5 - np.array([103.939, 116.779, 123.68])
    expected = {}
    for name in WIDTHS:
        if name == "block2_conv1":
            x = x[:10, :8].reshape(5, 2, 4, 2, -1).max(axis=(1, 3))
        linear = _convolve(x, arrays[f"{name}/kernel"], arrays[f"{name}/bias"])
        x = np.maximum(linear, 0)
        expected[name] = (linear, x)
    for pre_activation in (True, False):
        extractor = build_feature_extractor(
            weights_file, tuple(WIDTHS), pre_activation=pre_activation
        )
        features = extractor(image)
        for name, (linear, rectified) in expected.items():
            wanted = linear if pre_activation else rectified
            np.testing.assert_allclose(features[name][0], wanted, rtol=1e-4, atol=1e-3)


def test_only_the_requested_layers_are_built_and_returned(weights_file, image):
    extractor = build_feature_extractor(weights_file, ["block1_conv2", "block1_conv1"])
    assert list(extractor(image)) == ["block1_conv2", "block1_conv1"]
    names = {layer.name for layer in extractor.layers}
    assert "block1_conv2" in names and "block2_conv1" not in names


def test_the_network_is_frozen_also_after_loading(weights_file, image, tmp_path):
    extractor = build_feature_extractor(weights_file, tuple(WIDTHS))
    extractor.save(tmp_path / "features.keras")
    loaded = keras.models.load_model(tmp_path / "features.keras")
    assert not extractor.trainable_variables and not loaded.trainable_variables
    features, again = extractor(image), loaded(image)
    for name in WIDTHS:
        np.testing.assert_array_equal(features[name], again[name])


@pytest.mark.parametrize("globally", [True, False])
def test_features_stay_float32_under_mixed_precision(weights_file, image, globally):
    dtype = None if globally else "mixed_bfloat16"
    keras.config.set_dtype_policy("mixed_bfloat16" if globally else "float32")
    try:
        extractor = build_feature_extractor(weights_file, tuple(WIDTHS), dtype=dtype)
    finally:
        keras.config.set_dtype_policy("float32")
    assert extractor.get_layer("block1_conv2").compute_dtype == "bfloat16"
    exact = build_feature_extractor(weights_file, tuple(WIDTHS))(image)
    for name, features in extractor(image).items():
        assert keras.backend.standardize_dtype(features.dtype) == "float32"
        scale = float(np.max(exact[name]))
        np.testing.assert_allclose(features, exact[name], atol=0.02 * scale)


def test_layers_are_those_of_keras_vgg19(monkeypatch):
    # Random weights of the real layout replace the download.
    original = keras.applications.VGG19(include_top=False, weights=None)
    monkeypatch.setattr(keras.applications, "VGG19", lambda **_: original)
    image = np.random.default_rng(2).uniform(-1, 1, (1, 32, 32, 3)).astype("float32")
    names = ("block2_conv2", "block5_conv1")
    features = build_feature_extractor("vgg19", names)(image)
    whole = keras.Model(original.input, [original.get_layer(n).output for n in names])
    preprocess = keras.applications.vgg19.preprocess_input
    expected = whole(preprocess((image + 1.0) * 127.5))
    for name, wanted in zip(names, expected, strict=True):
        np.testing.assert_allclose(features[name], wanted, rtol=1e-3, atol=1e-3)
    assert set(LAYER_NAMES) == {n.name for n in original.layers if "conv" in n.name}


def test_a_failed_download_suggests_a_weights_file(monkeypatch):
    def fail(**_):
        raise Exception("URL fetch failure:\nno network")

    monkeypatch.setattr(keras.applications, "VGG19", fail)
    with pytest.raises(ValueError, match="--features FILE") as caught:
        build_feature_extractor("vgg19", ("block1_conv1",))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("layers", [(), ("block1_conv9",), "block1_conv1"])
def test_unknown_layers_are_rejected(weights_file, layers):
    with pytest.raises(ValueError, match="`layers` must be some of block1_conv1"):
        build_feature_extractor(weights_file, layers)


def test_a_layer_missing_in_the_file_is_rejected(weights_file):
    with pytest.raises(ValueError, match="lacks block2_conv2/kernel"):
        build_feature_extractor(weights_file, ("block3_conv1",))


def test_a_source_that_is_not_a_weights_file_is_rejected(tmp_path):
    with pytest.raises(
        ValueError, match="one of bundled, vgg19.* Received: source='vgg91'"
    ):
        build_feature_extractor("vgg91", ("block1_conv1",))
    np.save(tmp_path / "array.npy", np.zeros(3))
    with pytest.raises(ValueError, match="`source` must be an .npz file"):
        build_feature_extractor(tmp_path / "array.npy", ("block1_conv1",))


@pytest.mark.parametrize(
    ("key", "shape"),
    [
        ("block1_conv1/kernel", (5, 5, 3, 4)),
        ("block1_conv2/kernel", (3, 3, 9, 5)),
        ("block1_conv2/kernel", (45, 4)),
        ("block1_conv2/bias", (4,)),
    ],
)
def test_weights_of_other_shapes_are_rejected(tmp_path, key, shape):
    np.savez(tmp_path / "w.npz", **_arrays() | {key: np.zeros(shape, "float32")})
    layer = key.partition("/")[0]
    with pytest.raises(ValueError, match=f"shape .*for {layer}.*shape="):
        build_feature_extractor(tmp_path / "w.npz", ("block1_conv2",))


CHAIN = ("block1_conv1", "block1_conv2", "block2_conv1", "block3_conv1")
CHAIN_IMAGE = np.random.default_rng(0).uniform(-1, 1, (1, 8, 12, 3)).astype("float32")


def _negate(x, layer):
    return keras_layers.Rescaling(-1.0, name=layer)(x)


def _build_chain(outputs=CHAIN, convolve=_negate, **options):
    preprocessing = keras_layers.Rescaling(2.0, name="preprocessing")
    return build_feature_chain(
        CHAIN, convolve, outputs=outputs, preprocessing=preprocessing, **options
    )


def test_feature_chain_computed_by_hand():
    maps = _build_chain(name="chain")(CHAIN_IMAGE)
    # The negated output of the first ReLU is zero after the second one.
    first = np.maximum(-2.0 * CHAIN_IMAGE, 0.0)
    np.testing.assert_allclose(maps["block1_conv1"], first, rtol=1e-6)
    np.testing.assert_array_equal(maps["block1_conv2"], np.zeros_like(first))


def test_feature_maps_before_the_relu_can_be_negative():
    maps = _build_chain(name="chain", pre_activation=True)(CHAIN_IMAGE)
    np.testing.assert_allclose(maps["block1_conv1"], -2.0 * CHAIN_IMAGE, rtol=1e-6)
    expected = -np.maximum(-2.0 * CHAIN_IMAGE, 0.0)
    np.testing.assert_allclose(maps["block1_conv2"], expected, rtol=1e-6)


def test_each_block_but_the_first_starts_with_max_pooling():
    def keep(x, layer):
        return keras_layers.Identity(name=layer)(x)

    maps = _build_chain(name="chain", convolve=keep)(CHAIN_IMAGE)
    expected = np.maximum(2.0 * CHAIN_IMAGE, 0.0)
    for layer in ("block2_conv1", "block3_conv1"):
        _, height, width, _ = expected.shape
        blocks = expected.reshape(1, height // 2, 2, width // 2, 2, 3)
        expected = blocks.max(axis=(2, 4))
        np.testing.assert_allclose(maps[layer], expected, rtol=1e-6)


def test_the_chain_returns_the_requested_maps_in_order_and_ends_at_the_deepest():
    model = _build_chain(("block2_conv1", "block1_conv1"), name="chain")
    assert list(model(CHAIN_IMAGE)) == ["block2_conv1", "block1_conv1"]
    assert model.name == "chain"
    assert "block3_conv1" not in {layer.name for layer in model.layers}


@pytest.mark.parametrize("pre_activation", [False, True])
def test_feature_maps_are_float32_in_any_compute_dtype(pre_activation):
    model = _build_chain(name="chain", dtype="bfloat16", pre_activation=pre_activation)
    assert model.get_layer("block1_conv1_relu").compute_dtype == "bfloat16"
    for features in model(CHAIN_IMAGE).values():
        assert keras.backend.standardize_dtype(features.dtype) == "float32"
