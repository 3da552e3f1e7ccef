"""The ONNX model of the page, computed by ONNX's own reference implementation."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from animegan_tf import build_generator
from animegan_tf.models.generators.anime import fold_style, remove_chroma

pytest.importorskip("onnx", reason="the extra `web` is not installed")

SCRIPT = Path(__file__).parents[2] / "web/scripts/onnx_graph.py"
NUM_STYLES = 3


@pytest.fixture(scope="module")
def convert():
    return runpy.run_path(str(SCRIPT))["convert_generator"]


@pytest.fixture(scope="module")
def generator():
    small = {"width": 4, "body_width": 4, "num_blocks": 1, "head_width": 4}
    generator = build_generator("anime", num_styles=NUM_STYLES, **small)
    random = np.random.default_rng(0)
    for weight in generator.weights:
        weight.assign(random.normal(0.0, 0.3, weight.shape).astype("float32"))
    return generator


def run(model, photo, shares):
    from onnx.reference import ReferenceEvaluator

    inputs = {
        "photo": photo.transpose(0, 3, 1, 2),
        "style": np.array([shares], "float32"),
    }
    return ReferenceEvaluator(model).run(None, inputs)[0].transpose(0, 2, 3, 1)


@pytest.mark.parametrize("shares", [(1, 0, 0), (0, 0.25, 0.75)])
@pytest.mark.parametrize("monochrome", [(False, False, False), (False, True, False)])
def test_a_blend_equals_the_folded_network(convert, generator, shares, monochrome):
    photo = np.random.default_rng(1).uniform(-1, 1, (1, 16, 24, 3)).astype("float32")
    folded = fold_style(generator, shares)
    remove_chroma(folded, float(np.dot(shares, monochrome)))
    stylized = run(convert(generator, monochrome=monochrome), photo, shares)
    np.testing.assert_allclose(stylized, folded(photo).numpy(), atol=1e-5)


def test_a_monochrome_style_is_gray(convert, generator):
    photo = np.random.default_rng(2).uniform(-1, 1, (1, 16, 16, 3)).astype("float32")
    stylized = run(convert(generator, monochrome=(0, 1, 0)), photo, (0, 1, 0))
    assert np.ptp(stylized, axis=-1).max() == pytest.approx(0.0, abs=1e-6)
    assert np.ptp(stylized) > 0.1


def test_weights_that_float16_holds_take_half_the_space(convert, generator):
    full = len(convert(generator, monochrome=(0, 0, 0)).SerializeToString())
    weights = [weight.numpy() for weight in generator.weights]
    for weight in generator.weights:
        weight.assign(weight.numpy().astype("float16").astype("float32"))
    half = convert(generator, monochrome=(0, 0, 0)).SerializeToString()
    for weight, value in zip(generator.weights, weights, strict=True):
        weight.assign(value)
    saved = 2 * sum(value.size for value in weights)
    # Each cast takes some bytes of its own.
    assert full - len(half) > 0.5 * saved


def test_styles_and_monochrome_must_agree(convert, generator):
    with pytest.raises(ValueError, match="one style for each element"):
        convert(generator, monochrome=(False,))
