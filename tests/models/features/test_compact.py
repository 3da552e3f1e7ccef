import keras
import numpy as np
import pytest

from animegan_tf.models.analysis.cost import count_multiply_adds
from animegan_tf.models.features.compact import (
    BUNDLED_FILE,
    WIDTHS,
    build_compact_features,
    scale_maps,
)
from animegan_tf.models.features.extractor import build_feature_extractor

SMALL = {
    "block1_conv1": (5, 0, 2),
    "block2_conv1": (6, 3, 4),
    "block2_conv2": (7, 2, 3),
}
RECIPE_LAYERS = tuple(WIDTHS)[:5]


@pytest.fixture(scope="module")
def image():
    return np.random.default_rng(1).uniform(-1, 1, (2, 12, 10, 3)).astype("float32")


@pytest.fixture(scope="module")
def bundled():
    return build_feature_extractor("bundled", tuple(WIDTHS))


def _gray(image):
    """Make a batch of one grayscale image in [-1, 1]."""
    return np.repeat(np.asarray(image, "float32")[None, ..., None], 3, axis=-1)


def test_the_factored_convolution_is_one_of_low_rank(image):
    network = build_compact_features(widths=SMALL, pre_activation=True)
    for layer in network.layers:
        if layer.name in SMALL:
            layer.bias.assign(np.linspace(-0.1, 0.1, layer.filters))
    maps = network(image)
    x = np.maximum(maps["block1_conv1"], 0.0)
    x = x.reshape(2, 6, 2, 5, 2, 5).max(axis=(2, 4))
    parts = [
        network.get_layer(f"block2_conv1{end}") for end in ("_reduce", "_space", "")
    ]
    kernel = np.einsum("im,yxmn,no->yxio", *(_squeezed(part.kernel) for part in parts))
    assert np.linalg.matrix_rank(kernel.reshape(-1, 6)) == 4
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    expected = sum(
        padded[:, i : i + 6, j : j + 5] @ kernel[i, j]
        for i in range(3)
        for j in range(3)
    )
    expected += parts[2].bias.numpy()
    np.testing.assert_allclose(maps["block2_conv1"], expected, rtol=1e-3, atol=1e-4)


def _squeezed(kernel):
    kernel = kernel.numpy()
    return kernel[0, 0] if kernel.shape[0] == 1 else kernel


def test_scale_maps_scales_the_feature_maps_of_every_layer(image):
    network = build_compact_features(widths=SMALL)
    before = {layer: np.asarray(x) for layer, x in network(image).items()}
    random = np.random.default_rng(2)
    scales = {
        layer: random.uniform(0.5, 20.0, channels).astype("float32")
        for layer, (channels, _, _) in SMALL.items()
    }
    scale_maps(network, scales)
    for layer, features in network(image).items():
        np.testing.assert_allclose(
            features, before[layer] * scales[layer], rtol=1e-3, atol=1e-4
        )


def test_bundled_network_gives_feature_maps_of_the_shape_of_vgg19(bundled):
    features = bundled(np.zeros((1, 20, 28, 3), "float32"))
    assert {name: features[name].shape[1:] for name in features} == {
        "block1_conv1": (20, 28, 64),
        "block1_conv2": (20, 28, 64),
        "block2_conv1": (10, 14, 128),
        "block2_conv2": (10, 14, 128),
        "block3_conv1": (5, 7, 256),
        "block3_conv2": (5, 7, 256),
        "block3_conv3": (5, 7, 256),
        "block3_conv4": (5, 7, 256),
    }
    assert not bundled.trainable_variables


def test_bundled_network_is_cut_at_the_deepest_layer_requested(bundled, image):
    shallow = build_feature_extractor("bundled", ["block2_conv1", "block1_conv1"])
    assert list(shallow(image)) == ["block2_conv1", "block1_conv1"]
    assert "block2_conv2" not in {layer.name for layer in shallow.layers}
    for name, features in shallow(image).items():
        np.testing.assert_array_equal(features, bundled(image)[name])


def test_positive_maps_before_the_relu_equal_those_after_it(bundled, image):
    before = build_feature_extractor("bundled", tuple(WIDTHS), pre_activation=True)
    after = bundled(image)
    for name, linear in before(image).items():
        assert float(np.min(linear)) < 0.0
        np.testing.assert_array_equal(np.maximum(linear, 0.0), after[name])


def test_bundled_network_needs_an_eighth_of_the_cost_of_vgg19_and_two_megabytes():
    shape = (256, 256, 3)
    vgg19 = keras.applications.VGG19(include_top=False, weights=None, input_shape=shape)
    for layers in (RECIPE_LAYERS, tuple(WIDTHS)):
        own = build_feature_extractor("bundled", layers, image_shape=shape)
        whole = keras.Model(vgg19.input, vgg19.get_layer(layers[-1]).output)
        assert count_multiply_adds(whole) >= 8 * count_multiply_adds(own)
    assert BUNDLED_FILE.stat().st_size <= 2e6


def test_bundled_network_responds_at_an_edge(bundled):
    step = np.zeros((64, 64))
    step[:, 32:] = 0.8
    maps = bundled(_gray(step))
    for layer in ("block1_conv2", "block2_conv2", "block3_conv1"):
        features = np.asarray(maps[layer])[0]
        middle = features.shape[1] // 2
        # Away from the borders, where the padding is an edge too.
        near = slice(middle // 2, middle + middle // 2)
        changes = np.abs(np.diff(features[near, near], axis=1)).mean(axis=(0, 2))
        assert abs(int(np.argmax(changes)) - (len(changes) // 2)) <= 1, layer


def test_bundled_network_distinguishes_vertical_from_horizontal_stripes(bundled):
    stripes = np.tile(np.repeat([-0.6, 0.6], 2), 8)
    vertical = np.tile(stripes, (32, 1))
    for name in ("block1_conv2", "block2_conv1"):
        means = [
            np.asarray(bundled(_gray(image))[name]).mean(axis=(0, 1, 2))
            for image in (vertical, vertical.T)
        ]
        difference = np.abs(means[0] - means[1]).sum() / np.sum(means)
        assert difference > 0.05


def test_gradients_reach_the_image(bundled):
    import tensorflow as tf

    image = tf.random.stateless_uniform((1, 24, 24, 3), (1, 2), -1.0, 1.0)
    with tf.GradientTape() as tape:
        tape.watch(image)
        loss = sum(tf.reduce_mean(x) for x in bundled(image).values())
    gradient = tape.gradient(loss, image).numpy()
    assert np.isfinite(gradient).all()
    assert np.mean(gradient != 0.0) > 0.99


def test_bundled_network_in_bfloat16_stays_close_to_float32(bundled, image):
    half = build_feature_extractor("bundled", tuple(WIDTHS), dtype="mixed_bfloat16")
    assert half.get_layer("block2_conv1").compute_dtype == "bfloat16"
    exact = bundled(image)
    for name, features in half(image).items():
        assert keras.backend.standardize_dtype(features.dtype) == "float32"
        error = np.asarray(features) - np.asarray(exact[name])
        assert np.abs(error).mean() < 0.02 * np.abs(exact[name]).mean()


def test_layers_of_block_4_are_rejected():
    with pytest.raises(
        ValueError, match="bundled network must be some of block1_conv1"
    ):
        build_feature_extractor("bundled", ("block1_conv1", "block4_conv1"))
