"""SqueezeNet's layers, compared with NumPy on random weights."""

import numpy as np
import pytest

from animegan_tf.models.features.squeezenet import (
    LAYER_NAMES,
    build_squeezenet,
    is_squeezenet_file,
)

FIRES = {2: (96, 16, 64), 3: (128, 16, 64), 4: (128, 32, 128), 5: (256, 32, 128)}


@pytest.fixture(scope="module")
def arrays():
    """Random weights of the network as far as fire5."""
    random = np.random.default_rng(0)
    kernels = {"conv1": (7, 7, 3, 96)}
    for index, (inputs, squeezed, expanded) in FIRES.items():
        fire = f"fire{index}"
        kernels[f"{fire}/squeeze1x1"] = (1, 1, inputs, squeezed)
        kernels[f"{fire}/expand1x1"] = (1, 1, squeezed, expanded)
        kernels[f"{fire}/expand3x3"] = (3, 3, squeezed, expanded)
    arrays = {}
    for name, shape in kernels.items():
        deviation = 1.0 / np.sqrt(np.prod(shape[:3]))
        arrays[f"{name}/kernel"] = random.normal(0, deviation, shape).astype("float32")
        arrays[f"{name}/bias"] = random.normal(0, 0.1, shape[3]).astype("float32")
    return arrays


@pytest.fixture(scope="module")
def file(arrays, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "squeezenet.npz"
    np.savez(path, **arrays)
    return path


@pytest.fixture(scope="module")
def maps(file):
    """An image of 37x47 pixels and its feature maps."""
    layers = ("conv1", "fire2", "fire4", "fire5")
    image = np.random.default_rng(1).uniform(-1, 1, (1, 37, 47, 3)).astype("float32")
    features = build_squeezenet(file, layers)(image)
    return image, {layer: np.array(features[layer]) for layer in layers}


def pool(values):
    """Max pooling, 3x3 with stride 2, with incomplete windows at the border."""
    rows, columns = (range(0, 2 * (side // 2), 2) for side in values.shape[1:3])
    return np.stack(
        [
            np.stack([values[0, y : y + 3, x : x + 3].max((0, 1)) for x in columns])
            for y in rows
        ]
    )[np.newaxis]


def test_maps_have_the_sizes_of_the_published_network(maps):
    _, features = maps
    # 7x7 with stride 2, without padding: (37 - 7) // 2 + 1 = 16 and (47 - 7) // 2 + 1.
    assert features["conv1"].shape == (1, 16, 21, 96)
    assert features["fire2"].shape == (1, 8, 10, 128)
    assert features["fire4"].shape == (1, 8, 10, 256)
    assert features["fire5"].shape == (1, 4, 5, 256)


def test_input_is_bgr_minus_the_mean_color(maps, arrays):
    image, features = maps
    levels = image[0, 2:9, 4:11, ::-1] * 127.5 + 127.5 - [104.0, 117.0, 123.0]
    expected = np.einsum("yxc,yxcd->d", levels, arrays["conv1/kernel"])
    expected = np.maximum(expected + arrays["conv1/bias"], 0.0)
    found = features["conv1"][0, 1, 2]
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=0.02)


def test_a_fire_module_squeezes_and_expands_side_by_side(maps, arrays):
    _, features = maps

    def convolve(x, name):
        kernel, bias = arrays[f"{name}/kernel"], arrays[f"{name}/bias"]
        reach = kernel.shape[0] // 2
        padded = np.pad(x, [(0, 0), (reach, reach), (reach, reach), (0, 0)])
        height, width = x.shape[1:3]
        total = sum(
            padded[:, i : i + height, j : j + width] @ kernel[i, j]
            for i in range(kernel.shape[0])
            for j in range(kernel.shape[1])
        )
        return np.maximum(total + bias, 0.0)

    squeezed = convolve(pool(features["conv1"]), "fire2/squeeze1x1")
    sides = [convolve(squeezed, f"fire2/expand{n}x{n}") for n in (1, 3)]
    expected = np.concatenate(sides, axis=-1)
    np.testing.assert_allclose(features["fire2"], expected, rtol=1e-3, atol=0.02)


def test_the_network_ends_at_the_deepest_layer_and_is_frozen(file):
    network = build_squeezenet(file, ("fire2",), name="judge")
    assert network.name == "judge"
    assert list(network.output) == ["fire2"]
    # Two arrays of each of four convolutions; pooling has none.
    assert len(network.weights) == 8
    assert not network.trainable_weights


@pytest.mark.parametrize("layers", [(), ("fire1",), ("conv1", "block1_conv1")])
def test_unknown_layers_are_refused(file, layers):
    with pytest.raises(ValueError, match="`layers` must be some of conv1, fire2"):
        build_squeezenet(file, layers)


def test_an_image_shape_below_the_minimum_is_refused(file):
    with pytest.raises(ValueError, match="at least 32 pixels a side"):
        build_squeezenet(file, image_shape=(31, None, 3))
    smallest = build_squeezenet(file, image_shape=(32, 32, 3))
    assert min(smallest.output["fire5"].shape[1:3]) >= 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fire2/expand3x3/bias": None}, "contain fire2/expand3x3/bias of shape"),
        ({"conv1/kernel": np.ones((3, 3, 3, 96))}, r"with shape \(3, 3, 3, 96\)"),
        ({"conv1/bias": np.full(96, np.nan)}, "conv1/bias is not finite"),
    ],
)
def test_a_file_of_other_weights_is_refused(tmp_path, arrays, changes, message):
    changed = {k: v for k, v in {**arrays, **changes}.items() if v is not None}
    np.savez(tmp_path / "other.npz", **changed)
    with pytest.raises(ValueError, match=message):
        build_squeezenet(tmp_path / "other.npz", ("fire2",))


def test_missing_layers_and_files_are_named(tmp_path, file):
    assert LAYER_NAMES[-1] == "logits"
    with pytest.raises(ValueError, match="must contain fire6/squeeze1x1/kernel"):
        build_squeezenet(file, ("logits",))
    with pytest.raises(FileNotFoundError, match=r"gone\.npz"):
        build_squeezenet(tmp_path / "gone.npz")


def test_weights_files_are_recognized(file, features_file, tmp_path):
    (tmp_path / "text.npz").write_text("no archive")
    assert is_squeezenet_file(file)
    assert is_squeezenet_file(str(file))
    others = features_file, tmp_path / "text.npz", tmp_path / "gone", "vgg19", None
    for other in others:
        assert not is_squeezenet_file(other)
