import numpy as np
import pytest

from animegan_tf.inference.stylizer import Stylizer
from animegan_tf.inference.video.batches import (
    batched,
    choose_batch_size,
    stylize_batch,
)


def noise(seed):
    return np.random.default_rng(seed).integers(0, 256, (64, 96, 3), np.uint8)


def test_repeated_pictures_are_stylized_once_also_across_batches():
    seen = []

    def negative(frames):
        seen.append(len(frames))
        return 255 - frames

    a, b = noise(0), noise(1)
    results, last = stylize_batch(negative, [a, a.copy(), b], None)
    for result, image in zip(results, (a, a, b), strict=True):
        assert np.array_equal(result, 255 - image)
    results, last = stylize_batch(negative, [b, b], last)
    assert np.array_equal(results[0], 255 - b)
    results, last = stylize_batch(negative, [b, a], last)
    assert np.array_equal(results[1], 255 - a)
    assert seen == [2, 1]


def test_the_last_frame_and_its_result_are_handed_on():
    a, b = noise(0), noise(1)
    _, (image, result) = stylize_batch(lambda frames: 255 - frames, [a, b], None)
    assert image is b
    assert np.array_equal(result, 255 - b)


def test_results_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="`style` must give frames of its input's"):
        stylize_batch(lambda frames: frames[:, ::2], [noise(0)], None)


def test_batches_are_full_but_for_the_last_and_lose_nothing():
    assert list(batched(range(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(batched(range(6), 3)) == [[0, 1, 2], [3, 4, 5]]
    assert list(batched([], 3)) == []


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((360, 640), 4),
        ((361, 640), 2),
        ((720, 1280), 2),
        ((1280, 720), 2),
        ((1080, 1920), 1),
    ],
)
def test_smaller_frames_go_several_at_once(size, expected):
    assert choose_batch_size(size) == expected


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
