import numpy as np
import pytest

pytest.importorskip("cv2", reason="OpenCV is part of the extra 'train'")

from animegan_tf.data.targets.filters import (  # noqa: E402
    brush_and_ink,
    kuwahara,
    oil_paint,
    soft_paint,
)


def _halves(left=90, right=180, noise=8):
    rng = np.random.default_rng(0)
    image = np.full((48, 64, 3), left, np.int64)
    image[:, 32:] = right
    return (image + rng.integers(-noise, noise + 1, image.shape)).astype(np.uint8)


@pytest.mark.parametrize("paint", [oil_paint, soft_paint, brush_and_ink])
def test_shape_and_dtype_are_kept_and_results_are_reproducible(paint):
    painted = paint(_halves())
    assert painted.shape == (48, 64, 3)
    assert painted.dtype == np.uint8
    np.testing.assert_array_equal(painted, paint(_halves()))


def test_kuwahara_smooths_areas_and_keeps_the_edge_between_them():
    image = _halves().astype(np.float32) / 255
    smooth = kuwahara(image, 4)
    assert smooth[8:40, 8:24].std() < 0.5 * image[8:40, 8:24].std()
    # A blur of this radius would spread the step over about eight columns.
    step = smooth[8:40, :, 0].mean(axis=0)
    assert step[34] - step[29] > 0.9 * (step[50] - step[10])


def test_kuwahara_keeps_a_uniform_image():
    image = np.full((20, 20, 3), 0.4, np.float32)
    np.testing.assert_allclose(kuwahara(image, 3), image, atol=1e-5)


def test_ink_is_black_and_white():
    image = _halves()
    image[..., 0] //= 2
    rendered = brush_and_ink(image)
    assert np.all(rendered == rendered[..., :1])


def test_ink_makes_shadows_black_and_highlights_white():
    rendered = brush_and_ink(_halves(left=10, right=245, noise=0))
    assert rendered[:, 4:20].max() < 30
    assert rendered[:, 44:60].min() > 240


def test_oil_increases_chroma():
    image = np.full((32, 32, 3), (150, 110, 100), np.uint8)
    painted = oil_paint(image)[16, 16].astype(int)
    assert painted[0] - painted[2] > 50
