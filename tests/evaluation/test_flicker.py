"""Flicker of stylized videos compared with their sources."""

import math

import numpy as np
import pytest

from animegan_tf.evaluation.flicker import measure_flicker

SIZE = (32, 48, 3)


def flat(level):
    return np.full(SIZE, level, np.uint8)


def texture(seed=0, size=SIZE):
    return np.random.default_rng(seed).integers(0, 256, size, np.uint8)


def test_video_equal_to_its_source_does_not_flicker():
    report = measure_flicker([(texture(i), texture(i)) for i in range(3)])
    assert report.num_pairs == 2
    # Independent noise in each frame is neither static nor tracked.
    assert report.still_share == 0.0
    assert math.isnan(report.flicker)
    still = measure_flicker([(texture(), texture(1))] * 3)
    assert (still.still_share, still.flicker, still.warping_error) == (1.0, 0.0, 0.0)


def test_flicker_is_the_additional_change():
    # The source changes by 2 levels, the stylized video by 10, then both by 2 and 4.
    pairs = [(flat(100), flat(50)), (flat(102), flat(60)), (flat(104), flat(64))]
    report = measure_flicker(pairs)
    assert report.source_change == 2.0
    assert report.output_change == 7.0
    assert report.flicker == 5.0
    assert report.warping_error == 5.0


def test_only_static_blocks_count():
    moving = flat(100)
    # The left of six columns of blocks jumps, in both videos.
    moving[:, :8] = 200
    report = measure_flicker([(flat(100), flat(50)), (moving, flat(53))], motion=False)
    assert report.still_share == pytest.approx(5 / 6)
    assert report.source_change == 0.0
    assert report.flicker == 3.0
    assert math.isnan(report.warping_error)


def test_threshold_decides_which_blocks_are_static():
    pairs = [(flat(100), flat(50)), (flat(105), flat(50))]
    assert measure_flicker(pairs, threshold=5.0).still_share == 1.0
    assert measure_flicker(pairs, threshold=4.9).still_share == 0.0


def test_video_that_changes_less_has_negative_flicker():
    pairs = [(flat(100), flat(50)), (flat(104), flat(51))]
    assert measure_flicker(pairs).flicker == -3.0


def test_videos_are_compared_along_the_motion_of_the_source():
    wide = texture(size=(48, 80, 3))
    style = texture(1, size=(48, 80, 3))
    # The camera moves by 3 pixels to the right and 2 down.
    windows = [np.s_[2 * i : 2 * i + 32, 3 * i : 3 * i + 64] for i in range(3)]
    pairs = [(wide[window], style[window]) for window in windows]
    report = measure_flicker(pairs)
    # The motion is known of blocks that were in the last frame: all but one column.
    assert report.followed_share >= 0.375
    assert report.source_warping_error == 0.0
    assert report.output_warping_error == 0.0
    repainted = [(photo, texture(i, photo.shape)) for i, (photo, _) in enumerate(pairs)]
    assert measure_flicker(repainted).warping_error > 50


def test_wrong_sizes_and_too_few_frames_are_errors():
    with pytest.raises(ValueError, match="at least two frames"):
        measure_flicker([(flat(1), flat(1))])
    with pytest.raises(ValueError, match="of one size.*stylized"):
        measure_flicker([(flat(1), flat(1)[:16])] * 2)
    with pytest.raises(ValueError, match="at least 16 pixels"):
        measure_flicker([(flat(1)[:8], flat(1)[:8])] * 2)
    with pytest.raises(ValueError, match=r"of one size.*then \(16"):
        measure_flicker([(flat(1), flat(1)), (flat(1)[:16], flat(1)[:16])])
