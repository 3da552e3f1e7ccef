import numpy as np
import pytest

from animegan_tf.data.inspection.duplicates import find_duplicates, is_duplicate
from animegan_tf.data.inspection.measures import (
    PROBLEMS,
    find_bars,
    measure_image,
    perceptual_blur,
)

cv2 = pytest.importorskip("cv2")


def problems(image):
    measures = measure_image(image)
    return {name for name, problem in PROBLEMS.items() if problem.holds(measures)}


@pytest.mark.parametrize("seed", range(5))
def test_sharp_colorful_image_has_no_problem(make_scene, seed):
    assert problems(make_scene(seed)) == set()


def _sepia(image):
    gray = image.mean(axis=2, keepdims=True)
    return np.clip(gray * [1.0, 0.85, 0.6], 0, 255).astype("uint8")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda image: cv2.GaussianBlur(image, (0, 0), 4), "blurred"),
        (lambda image: image // 6, "dark"),
        (lambda image: np.full_like(image, 128), "empty"),
        (lambda image: cv2.copyMakeBorder(image, 30, 30, 0, 0, 0), "bars"),
        (_sepia, "cast"),
        (lambda image: image[..., :1].repeat(3, axis=2), "gray"),
    ],
)
def test_each_defect_is_found(make_scene, change, problem):
    assert problem in problems(change(make_scene()))


def test_blur_rises_with_the_radius_and_ignores_contrast(make_scene):
    gray = make_scene()[..., 1]
    values = [perceptual_blur(cv2.GaussianBlur(gray, (0, 0), s)) for s in (1, 2, 4)]
    assert perceptual_blur(gray) < values[0] < values[1] < values[2] <= 1.0
    half = gray // 2 * 2
    assert perceptual_blur(half) == pytest.approx(perceptual_blur(half // 2), abs=1e-6)


def test_blur_of_an_image_without_edges_is_one():
    assert perceptual_blur(np.full((20, 20), 7, np.uint8)) == 1.0


def test_bars_are_counted_in_rows_and_columns(make_scene):
    image = cv2.copyMakeBorder(
        make_scene(), 20, 24, 12, 8, cv2.BORDER_CONSTANT, value=(3, 3, 3)
    )
    assert find_bars(image) == (20, 24, 12, 8)


def test_uniform_side_without_its_opposite_is_no_bar(make_scene):
    image = make_scene()
    image[:50] = 255
    assert find_bars(image) == (0, 0, 0, 0)
    assert find_bars(np.zeros((30, 40, 3), np.uint8)) == (0, 0, 0, 0)


@pytest.mark.parametrize("ink", [0, 255])
def test_line_of_text_in_the_lowest_third_is_subtitles(ink):
    image = np.full((288, 512, 3), 255 - ink, np.uint8)
    where, font = (96, 250), cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(image, "Where are you going now?", where, font, 0.8, (ink,) * 3, 2)
    measures = measure_image(image)
    assert measures.subtitles
    assert 0.02 < measures.text < 0.15
    # The same line at the top is text, but no subtitles.
    measures = measure_image(image[::-1].copy())
    assert not measures.subtitles


def test_copies_of_an_image_are_duplicates_and_others_are_not(make_scene):
    scenes = [make_scene(seed) for seed in range(6)]
    changed = [
        cv2.resize(scenes[4], None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA),
        cv2.imdecode(cv2.imencode(".jpg", scenes[1], [1, 40])[1], 1),
        np.clip(scenes[1].astype(int) + 12, 0, 255).astype("uint8"),
    ]
    hashes = [measure_image(image).phash for image in scenes + changed]
    assert find_duplicates(hashes) == [[1, 7, 8], [4, 6]]
    assert is_duplicate(hashes[6], hashes[:6])
    assert not is_duplicate(hashes[0], hashes[1:])
    assert not is_duplicate(hashes[0], [])


def test_distance_of_hashes_counts_bits():
    # The last differs in 6 bits from the first, and in 7 from the second.
    hashes = ["0" * 16, "f" + "0" * 14 + "7", "0" * 14 + "3f"]
    assert find_duplicates(hashes, max_distance=6) == [[0, 2]]
    assert find_duplicates(hashes, max_distance=5) == []
    assert find_duplicates(hashes, max_distance=7) == [[0, 1, 2]]


def test_many_copies_are_one_group():
    hashes = ["0123456789abcdef"] * 3000 + ["fedcba9876543210"]
    assert find_duplicates(hashes) == [list(range(3000))]
