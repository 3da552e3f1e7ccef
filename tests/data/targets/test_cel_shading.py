import dataclasses

import numpy as np
import pytest

pytest.importorskip("cv2", reason="OpenCV is part of the extra 'train'")

from animegan_tf.data.targets.cel_shading import (  # noqa: E402
    CelAndInkOptions,
    cel_and_ink,
    flatten_colors,
    ink_lines,
    step_tones,
)

OPTIONS = CelAndInkOptions()


def _noisy_halves():
    rng = np.random.default_rng(0)
    image = np.full((64, 64, 3), 90, np.int64)
    image[:, 32:] = 180
    return (image + rng.integers(-8, 9, image.shape)).astype(np.uint8)


def test_shape_and_dtype_are_kept():
    target = cel_and_ink(_noisy_halves()[:40])
    assert target.shape == (40, 64, 3)
    assert target.dtype == np.uint8


def test_flattening_removes_noise_and_keeps_the_edge():
    image = _noisy_halves()
    flat = flatten_colors(image, OPTIONS).astype(float)
    assert flat[8:56, 4:26].std() < 0.4 * image[8:56, 4:26].std()
    assert flat[:, 38:].mean() - flat[:, :26].mean() > 80


def test_same_photo_gives_the_same_target():
    image = _noisy_halves()
    np.testing.assert_array_equal(cel_and_ink(image), cel_and_ink(image))


def test_flat_image_has_no_ink():
    flat = np.full((48, 48, 3), 128, np.uint8)
    assert ink_lines(flat, OPTIONS).max() == 0.0


def test_dark_line_is_inked_and_its_surroundings_are_not():
    image = np.full((64, 64, 3), 200, np.uint8)
    image[:, 31:33] = 60
    ink = ink_lines(image, OPTIONS)
    assert ink[16:48, 31:33].min() > 0.8
    assert ink[:, :20].max() == 0.0


def test_the_center_of_a_light_line_is_not_inked():
    image = np.full((64, 64, 3), 60, np.uint8)
    image[:, 31:33] = 200
    assert ink_lines(image, OPTIONS)[16:48, 31:33].max() < 0.1


def test_specks_smaller_than_a_line_are_removed():
    image = np.full((64, 64, 3), 200, np.uint8)
    image[32, 32] = 0
    options = dataclasses.replace(OPTIONS, line_area=200)
    assert ink_lines(image, options).max() == 0.0


def test_tone_levels_are_fixed_and_tones_between_move_towards_them():
    # With 2 levels a step is 50 L* high; L* = 50 is a level, 60 is pulled towards it.
    options = dataclasses.replace(
        OPTIONS, tone_levels=2, tone_strength=1.0, tone_lift=0.0
    )
    grays = np.array([[[119] * 3, [145] * 3]], np.uint8)
    stepped = step_tones(grays, options)[0, :, 0] * 255
    assert stepped[0] == pytest.approx(119, abs=1)
    # 145 is L* = 60: offset 10 of 25 becomes 25 * 0.4**4 = 0.64.
    assert stepped[1] == pytest.approx(119 + 1.6, abs=1.2)


def test_fingerprint_changes_with_any_option():
    other = dataclasses.replace(OPTIONS, line_area=13)
    assert other.fingerprint() != OPTIONS.fingerprint()
