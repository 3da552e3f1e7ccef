"""The graph of all styles, computed by ONNX's own reference implementation."""

import numpy as np
import pytest

pytest.importorskip("onnx")

from animegan_tf.inference.engines.anime_network import (
    read_anime_network,
    read_styles_network,
)
from animegan_tf.inference.engines.onnx_graph import build_anime_graph
from animegan_tf.inference.style_source import SavedStyle
from animegan_tf.models.generator_files import save_generator
from animegan_tf.models.generators import build_generator
from animegan_tf.models.generators.anime import fold_style, remove_chroma

SHARES = [(1, 0, 0), (0, 0.25, 0.75)]
GRAY = {"oil": 1.0}


def compute(model, photo, shares):
    from onnx.reference import ReferenceEvaluator

    inputs = {"photo": photo, "style": np.array([shares], "float32")}
    return ReferenceEvaluator(model).run(None, inputs)[0]


@pytest.mark.parametrize("shares", SHARES)
@pytest.mark.parametrize("gray", [{}, GRAY])
def test_a_blend_equals_the_folded_network(run, styles_generator, shares, gray):
    network, names = read_styles_network(run, gray)
    assert names == ["comic", "oil", "ink"]
    photo = np.random.default_rng(1).uniform(-1, 1, (1, 16, 24, 3)).astype("float32")
    folded = fold_style(styles_generator, shares)
    remove_chroma(folded, float(np.dot(shares, [gray.get(name, 0) for name in names])))
    model = build_anime_graph(network, dtype="float32")
    stylized = compute(model, photo, shares)
    np.testing.assert_allclose(stylized, folded(photo).numpy(), atol=1e-5)


def test_levels_are_converted_by_the_kernels(run):
    network, _ = read_styles_network(run, GRAY)
    photo = np.random.default_rng(1).integers(0, 256, (1, 16, 24, 3), np.uint8)
    floats = photo / np.float32(127.5) - np.float32(1.0)
    shares = (0.5, 0.2, 0.3)
    levels = compute(build_anime_graph(network, dtype="uint8"), photo, shares)
    stylized = compute(build_anime_graph(network, dtype="float32"), floats, shares)
    assert levels.dtype == np.uint8
    assert np.abs(levels - (stylized + 1) * 127.5).max() <= 0.501


def test_a_gray_style_is_gray(run):
    network, _ = read_styles_network(run, GRAY)
    photo = np.random.default_rng(2).uniform(-1, 1, (1, 16, 16, 3)).astype("float32")
    stylized = compute(build_anime_graph(network, dtype="float32"), photo, (0, 1, 0))
    assert np.ptp(stylized, axis=-1).max() == pytest.approx(0.0, abs=1e-6)
    assert np.ptp(stylized) > 0.1


def test_only_convolutions_with_a_range_are_quantized(run):
    network = read_anime_network(SavedStyle(run, {"oil": 1.0}))
    model = build_anime_graph(network, ranges={"down": (-1.0, 2.0)})
    types = {constant.name: constant.data_type for constant in model.graph.initializer}
    assert types["down_kernel"] == 3 and types["head_kernel"] == 1


def test_a_network_of_one_style_has_no_open_style(tmp_path):
    options = {"width": 4, "body_width": 4, "num_blocks": 1, "head_width": 4}
    save_generator(build_generator("anime", **options), options, tmp_path)
    with pytest.raises(ValueError, match="default generator of several styles"):
        read_styles_network(tmp_path, {})
