import numpy as np
import pytest

from animegan_tf.inference.stylizer import Stylizer
from animegan_tf.inference.video_run import _Picture, _stylize_batch


def pictures(*images):
    return [_Picture(image, 0, 1, 0, 0) for image in images]


def noise(seed):
    return np.random.default_rng(seed).integers(0, 256, (64, 96, 3), np.uint8)


def test_repeated_pictures_are_stylized_once_also_across_batches():
    seen = []

    def negative(frames):
        seen.append(len(frames))
        return 255 - frames

    a, b = noise(0), noise(1)
    results, last = _stylize_batch(negative, pictures(a, a.copy(), b), None)
    assert [np.array_equal(r, 255 - p) for r, p in zip(results, (a, a, b), strict=True)]
    results, last = _stylize_batch(negative, pictures(b, b), last)
    assert np.array_equal(results[0], 255 - b)
    results, last = _stylize_batch(negative, pictures(b, a), last)
    assert np.array_equal(results[1], 255 - a)
    assert seen == [2, 1]


@pytest.mark.parametrize(
    "name", ["tiny", pytest.param("comic", marks=pytest.mark.slow)]
)
def test_network_draws_equal_frames_equally_wherever_they_stand(style, name):
    stylizer = Stylizer.from_preset(name)
    a, b = noise(0), noise(1)
    alone = stylizer(a)
    for batch in ([a, b], [b, a], [b, b, b, a], [a, a, a, a]):
        for image, result in zip(batch, stylizer(np.stack(batch)), strict=True):
            if image is a:
                assert np.array_equal(result, alone)
