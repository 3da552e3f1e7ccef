"""Laws of the content distance."""

import numpy as np
import pytest

from animegan_tf.evaluation import content_distance


def flat(level=200, size=(16, 16)):
    return np.full((*size, 3), level, dtype="uint8")


def test_content_distance_is_relative_to_the_reference(recorder):
    # Levels 255 and 0 are 1 and -1 inside; a half white picture differs by 2 on half.
    white, half = flat(255, (256, 256)), flat(255, (256, 256))
    half[:128] = 0
    assert content_distance(white, white, recorder) == 0.0
    assert content_distance(half, white, recorder) == pytest.approx(1.0)
