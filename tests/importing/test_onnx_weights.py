"""ONNX files: made here node by node, and as tf2onnx and PyTorch export networks."""

import numpy as np
import pytest

from animegan_tf.imaging.arrays import to_float, to_uint8
from animegan_tf.importing.families import FAMILIES
from animegan_tf.importing.importer import import_generator
from animegan_tf.importing.onnx_file import read_onnx_weights
from animegan_tf.inference.stylizer import Stylizer

onnx = pytest.importorskip("onnx", reason="ONNX files are read by the package onnx")
helper, numpy_helper = onnx.helper, onnx.numpy_helper

KERNEL = np.arange(24, dtype="float32").reshape(4, 3, 2, 1)
VECTOR = np.array([1, 2, 3, 4], "float32")


def write(path, nodes, producer="test", **constants):
    """Write a graph whose nodes are `(operator, inputs, output, attributes)`."""
    graph = helper.make_graph(
        [
            helper.make_node(kind, inputs, [output], name=f"node_{output}", **options)
            for kind, inputs, output, options in nodes
        ],
        "graph",
        [],
        [],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    path.write_bytes(
        helper.make_model(graph, producer_name=producer).SerializeToString()
    )
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "network.onnx"


def test_constants_are_read_in_the_order_of_the_nodes(path):
    nodes = [
        ("Conv", ["x", "k"], "a", {}),
        ("Mul", ["a", "v"], "b", {}),
        ("Sub", ["v", "b"], "c", {}),
        ("Sub", ["c", "v"], "d", {}),
        ("Mul", ["d", "scalar"], "e", {}),
        ("Conv", ["e", "k", "v"], "f", {}),
        ("Conv", ["f", "k"], "g", {}),
        ("Add", ["v", "g"], "h", {}),
    ]
    weights = read_onnx_weights(
        write(path, nodes, k=KERNEL, v=VECTOR, scalar=np.float32(2))
    )
    assert [k.name for k in weights.kernels] == ["node_a", "node_f", "node_g"]
    np.testing.assert_array_equal(weights.kernels[0].values, KERNEL)
    assert [s.name for s in weights.scales] == ["node_b"]
    # A subtraction of a constant is an addition of its negative.
    np.testing.assert_array_equal(
        [shift.values for shift in weights.shifts], [VECTOR, -VECTOR]
    )
    assert sorted(weights.biases) == [1, 2]
    np.testing.assert_array_equal(weights.biases[2].values, VECTOR)


def test_rearranged_constants_are_read_as_used(path):
    nodes = [
        ("Constant", [], "hwio", {"value": numpy_helper.from_array(
            KERNEL.transpose(2, 3, 1, 0))}),
        ("Transpose", ["hwio"], "k", {"perm": [3, 2, 0, 1]}),
        ("Conv", ["x", "k"], "a", {}),
        ("Reshape", ["v", "shape"], "w", {}),
        ("Identity", ["w"], "same", {}),
        ("Mul", ["a", "same"], "b", {}),
        ("MatMul", ["b", "matrix"], "c", {}),
    ]  # fmt: skip
    matrix = np.arange(12, dtype="float32").reshape(4, 3)
    shape = np.array([1, 4, 1, 1])
    weights = read_onnx_weights(
        write(path, nodes, v=VECTOR, shape=shape, matrix=matrix)
    )
    np.testing.assert_array_equal(weights.kernels[0].values, KERNEL)
    np.testing.assert_array_equal(weights.kernels[1].values[..., 0, 0], matrix.T)
    np.testing.assert_array_equal(weights.scales[0].values, VECTOR)


def test_a_batch_normalization_is_a_scale_and_a_shift(path):
    nodes = [("BatchNormalization", ["x", "s", "b", "m", "v"], "y", {"epsilon": 1.0})]
    s, b, m, v = (np.array(x, "float32") for x in ([4, 6], [1, 2], [3, 5], [3, 8]))
    weights = read_onnx_weights(write(path, nodes, s=s, b=b, m=m, v=v))
    np.testing.assert_allclose(weights.scales[0].values, [2, 2])
    np.testing.assert_allclose(weights.shifts[0].values, [1 - 6, 2 - 10])


def test_halves_are_computed_in_single_precision(path):
    nodes = [
        ("BatchNormalization", ["x", "s", "b", "m", "v"], "y", {"epsilon": 1e-5}),
        ("FusedConv", ["y", "k", "b"], "z", {}),
    ]
    s, b, m, v = (
        np.array(x, "float16") for x in ([3, 0.7], [0.1, 2], [40, -9], [1e-4, 900])
    )
    kernel = KERNEL.astype("float16")
    weights = read_onnx_weights(write(path, nodes, s=s, b=b, m=m, v=v, k=kernel))
    s, b, m, v = (np.asarray(x, "float64") for x in (s, b, m, v))
    scale = s / np.sqrt(v + 1e-5)
    np.testing.assert_allclose(weights.scales[0].values, scale, rtol=1e-5)
    np.testing.assert_allclose(weights.shifts[0].values, b - m * scale, rtol=1e-5)
    np.testing.assert_array_equal(weights.kernels[0].values, KERNEL)
    np.testing.assert_allclose(weights.biases[0].values, b, rtol=1e-6)


@pytest.mark.parametrize(
    "mode, expected",
    [
        ("asymmetric", "legacy"),
        ("half_pixel", "half_pixel"),
        ("pytorch_half_pixel", "half_pixel"),
        ("align_corners", "align_corners"),
        ("tf_crop_and_resize", None),
    ],
)
def test_the_resizing_is_told_from_the_graph(path, mode, expected):
    options = {"mode": "linear", "coordinate_transformation_mode": mode}
    nodes = [("Resize", ["x", "", "scales"], "y", options)] * 2
    assert read_onnx_weights(write(path, nodes)).resize == expected


def test_values_in_a_file_beside_it_are_read(path):
    write(path, [("Conv", ["x", "k"], "a", {})], k=KERNEL)
    onnx.save_model(
        onnx.load(str(path)),
        str(path),
        save_as_external_data=True,
        location="network.onnx.data",
        size_threshold=0,
    )
    data = path.with_name("network.onnx.data")
    assert data.stat().st_size >= KERNEL.nbytes
    np.testing.assert_array_equal(read_onnx_weights(path).kernels[0].values, KERNEL)
    target = data.rename(path.with_name("elsewhere"))
    with pytest.raises(ValueError, match="'k' are in 'network.onnx.data', missing"):
        read_onnx_weights(path)
    data.symlink_to(target)
    with pytest.raises(ValueError, match="values of 'k' are in another folder"):
        read_onnx_weights(path)


def test_values_in_other_folders_are_refused(path):
    tensor = numpy_helper.from_array(KERNEL, "k")
    onnx.external_data_helper.set_external_data(tensor, "../../etc/passwd")
    tensor.ClearField("raw_data")
    graph = helper.make_graph([], "graph", [], [], [tensor])
    path.write_bytes(helper.make_model(graph).SerializeToString())
    with pytest.raises(ValueError, match="values of 'k' are in another folder"):
        read_onnx_weights(path)


@pytest.mark.parametrize("content", [b"", b"garbage" * 9, b"\x0a\xff\xff\xff\xff\x7f"])
def test_damaged_files_give_one_line(path, content):
    path.write_bytes(content)
    with pytest.raises(ValueError) as error:
        import_generator(path)
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)


def test_a_constant_larger_than_its_data_is_refused(path):
    tensor = numpy_helper.from_array(KERNEL, "k")
    tensor.dims[0] = 2**40
    graph = helper.make_graph([], "graph", [], [], [tensor])
    path.write_bytes(helper.make_model(graph).SerializeToString())
    with pytest.raises(ValueError, match="Not an ONNX file that can be read"):
        read_onnx_weights(path)


def test_graphs_of_other_networks_are_refused(path):
    write(path, [("Conv", ["x", "k"], "a", {})], k=KERNEL)
    with pytest.raises(ValueError, match="cannot be told: its graph has 1 kernels"):
        import_generator(path)
    with pytest.raises(ValueError, match="`family` of an ONNX file must be one of"):
        import_generator(path, "white_box")


def run_onnx(path, photo):
    runtime = pytest.importorskip("onnxruntime", reason="it computes ONNX files")
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: photo})[0]


@pytest.fixture(scope="session")
def exported(reference_of, tmp_path_factory):
    """Function from a family to its reference and the ONNX file of tf2onnx."""
    convert = pytest.importorskip("tf2onnx", reason="it exports the networks").convert
    folder = tmp_path_factory.mktemp("onnx")

    def export(family):
        reference, path = reference_of(family), folder / f"{family}.onnx"
        if not path.exists():
            model, _ = convert.from_graph_def(
                reference.frozen(),
                input_names=["photo:0"],
                output_names=[reference.output.name],
                opset=11,
            )
            path.write_bytes(model.SerializeToString())
        return reference, path

    return export


@pytest.mark.slow
@pytest.mark.parametrize("family", ["animegan_v2", "animegan_v2_lite", "animegan_v3"])
def test_an_imported_network_equals_onnxruntime(family, exported, noise):
    reference, path = exported(family)
    generator, report = import_generator(path)
    assert (report.family, report.source) == (family, "ONNX")
    assert len(report.matched) == len(FAMILIES[family].weights)
    assert report.notice == FAMILIES[family].notice
    for size in ((256, 256), (136, 200)):
        photo = noise(*size)
        images = generator(photo).numpy()
        assert np.abs(images - reference(photo)).max() <= 1e-3
        assert np.abs(images - run_onnx(path, photo)).max() <= 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("family", ["animegan_v2", "animegan_v2_lite", "animegan_v3"])
def test_odd_sizes_equal_onnxruntime_on_the_reflected_photo(family, exported, reflect):
    # The files themselves take no odd sizes, or return images of other sizes.
    _, path = exported(family)
    photo = np.random.default_rng(2).integers(0, 256, (131, 97, 3), dtype=np.uint8)
    images = run_onnx(path, to_float(reflect(photo, family))[np.newaxis])
    result = Stylizer(import_generator(path)[0])(photo).astype(int)
    assert np.abs(result - to_uint8(images[0, :131, :97])).max() <= 1


@pytest.mark.slow
def test_a_file_of_half_precision_is_imported(exported, noise, tmp_path):
    reference, path = exported("animegan_v3")
    model = onnx.load(str(path))
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32:
            half = numpy_helper.from_array(values.astype("float16"), tensor.name)
            tensor.CopyFrom(half)
    onnx.save(model, str(tmp_path / "half.onnx"))
    generator, report = import_generator(tmp_path / "half.onnx")
    assert report.family == "animegan_v3"
    photo = noise(64, 64)
    difference = np.abs(generator(photo).numpy() - reference(photo)).max()
    assert 0.0 < difference < 0.1


@pytest.mark.slow
def test_a_changed_graph_is_refused(exported, tmp_path):
    _, path = exported("animegan_v3")
    model = onnx.load(str(path))
    for tensor in model.graph.initializer:
        if "conv1d_1" in tensor.name:
            values = numpy_helper.to_array(tensor) + 1.0
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    onnx.save(model, str(tmp_path / "changed.onnx"))
    with pytest.raises(ValueError, match="conv1d_1, which must be .*conv1d transposed"):
        import_generator(tmp_path / "changed.onnx")
    with pytest.raises(ValueError, match="it must have 25 kernels, but has 31"):
        import_generator(path, "animegan_v2")
