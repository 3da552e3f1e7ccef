import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from animegan_tf.imaging.writing import write_image
from animegan_tf.inference.faces.proportions import enlarge_eyes
from animegan_tf.inference.faces.stylizer import FaceStylizer
from animegan_tf.inference.stylizer import Stylizer


def negate(image, progress=None):
    """A stylizer without state: 255 minus the image."""
    if progress:
        progress(1, 1)
    return np.iinfo(image.dtype).max - image


def copy(image, progress=None):
    return image.copy()


def finds(*boxes):
    return lambda image: np.array(boxes, np.float64).reshape(-1, 4)


@pytest.fixture
def slopes():
    """A smooth image, 240x320, which resizing hardly changes."""
    rows, columns = np.mgrid[:240, :320]
    channels = rows / 2 + 40, columns / 2 + 30, 200 - rows / 4 - columns / 4
    return np.stack(channels, axis=-1).astype(np.uint8)


def test_face_is_stylized_and_outside_the_crop_is_the_background(slopes):
    stylize = FaceStylizer(
        negate, background=None, size=80, detect=finds((90, 100, 40, 40))
    )
    result = stylize(slopes)
    # The crop of 80 pixels has that size, so nothing is resized.
    assert np.array_equal(result[100:140, 90:130], 255 - slopes[100:140, 90:130])
    result[80:160, 70:150] = slopes[80:160, 70:150]
    assert np.array_equal(result, slopes)


@pytest.mark.parametrize("background", ["same", copy, None])
def test_outside_the_crops_the_result_is_exactly_the_background(slopes, background):
    boxes = (20, 30, 25, 30), (200, 150, 60, 50)
    stylize = FaceStylizer(negate, background=background, detect=finds(*boxes))
    expected = {"same": 255 - slopes}.get(background, slopes)
    mask = np.zeros(slopes.shape[:2], bool)
    for crop in stylize.find_crops(slopes):
        mask[crop.rows, crop.columns] = True
    assert 0 < mask.sum() < mask.size
    assert np.array_equal(stylize(slopes)[~mask], expected[~mask])


@pytest.mark.parametrize("background", ["same", None])
def test_without_faces_the_result_is_the_background(slopes, background):
    stylize = FaceStylizer(negate, background=background, detect=finds())
    expected = slopes if background is None else 255 - slopes
    result = stylize(slopes)
    assert np.array_equal(result, expected)
    assert result is not slopes


def test_identity_at_the_size_of_the_crop_changes_nothing(photo):
    box = (5, 2, 20, 16)
    stylize = FaceStylizer(copy, size=64, margin=1.1, detect=finds(box))
    assert stylize.find_crops(photo)[0].side == 64
    assert np.array_equal(stylize(photo), photo)


@settings(deadline=None, max_examples=50)
@given(
    boxes=st.lists(
        st.tuples(
            st.floats(-400, 400),
            st.floats(-400, 400),
            st.floats(0, 500),
            st.floats(0, 500),
        ),
        max_size=4,
    ),
    margin=st.floats(0.1, 2.0),
)
def test_identity_keeps_a_smooth_image_wherever_faces_are(boxes, margin):
    rows, columns = np.mgrid[:90, :120]
    smooth = np.stack([rows + 60, columns + 60, 200 - rows / 2 - columns / 2], axis=-1)
    smooth = smooth.astype(np.uint8)
    stylize = FaceStylizer(copy, size=256, margin=margin, detect=finds(*boxes))
    difference = stylize(smooth).astype(int) - smooth
    # A crop larger than `size` is downscaled, which flattens a slope of one level per
    # pixel over the outermost half of a downscaled pixel, on two axes in blue.
    sides = [crop.side for crop in stylize.find_crops(smooth)]
    assert np.abs(difference).max() <= 2 + max(sides, default=0) / 256 / 2
    assert np.abs(difference).mean() < 0.5


def test_upscaling_and_downscaling_a_smooth_face_stays_within_a_level(slopes):
    stylize = FaceStylizer(copy, size=512, detect=finds((100, 80, 60, 70)))
    difference = stylize(slopes).astype(int) - slopes
    assert np.abs(difference).max() <= 1


def test_pasted_face_has_no_seam():
    gray = np.full((200, 200, 3), 100, np.uint8)

    def lighten(image, progress=None):
        return image + np.uint8(100)

    detect = finds((80, 80, 40, 40))
    result = FaceStylizer(lighten, background=None, detect=detect)(gray).astype(int)
    assert result.max() == 200
    # 100 levels over a ramp of 20 pixels, nowhere steeper than 1.5 times, and rounded.
    for axis in (0, 1):
        assert np.abs(np.diff(result, axis=axis)).max() <= 100 * 1.5 / 20 + 1


def test_faces_are_stylized_at_the_given_size(slopes):
    seen = []

    def look(image, progress=None):
        seen.append(image.shape)
        return image

    # The last crop is 80 pixels wide, of which 50 columns are in the image.
    boxes = (100, 100, 20, 20), (100, 100, 60, 50), (-10, 100, 40, 40)
    FaceStylizer(look, background=None, size=160, detect=finds(*boxes))(slopes)
    assert sorted(seen) == [(160, 100, 3), (160, 160, 3), (160, 160, 3)]


def test_order_of_detections_does_not_matter_and_the_larger_face_is_in_front(photo):
    boxes = [(5, 5, 10, 10), (9, 7, 14, 14), (12, 3, 12, 9)]
    results = []
    for order in (boxes, boxes[::-1], boxes[1:] + boxes[:1]):
        values = iter((50, 100, 250))

        def paint(image, progress=None, values=values):
            return np.full_like(image, next(values))

        stylize = FaceStylizer(paint, background=None, size=64, detect=finds(*order))
        results.append(stylize(photo))
    assert np.array_equal(results[0], results[1])
    assert np.array_equal(results[0], results[2])
    assert (results[0][7:21, 9:23] == 250).all()


def test_uint16_images_are_searched_as_uint8(slopes):
    seen = []

    def detect(image):
        seen.append(image)
        return [(90, 100, 40, 40)]

    deep = slopes.astype(np.uint16) * 257 + 3
    stylize = FaceStylizer(negate, background=None, size=80, detect=detect)
    result = stylize(deep)
    assert np.array_equal(result[100:140, 90:130], 65535 - deep[100:140, 90:130])
    assert np.array_equal(result[:80], deep[:80])
    assert np.array_equal(seen[0], slopes)


def test_pillow_images_and_paths_equal_arrays(slopes, tmp_path):
    stylize = FaceStylizer(negate, detect=finds((90, 100, 40, 40)))
    expected = stylize(slopes)
    image = stylize(Image.fromarray(slopes))
    assert np.array_equal(np.asarray(image), expected)
    write_image(slopes, tmp_path / "photo.png")
    assert np.array_equal(stylize(tmp_path / "photo.png"), expected)


def test_progress_counts_tiles_of_the_background_and_faces(slopes):
    detect = finds((90, 100, 40, 40), (10, 10, 30, 30))
    for background, expected in (
        ("same", [(1, 3), (2, 3), (3, 3)]),
        (None, [(1, 2), (2, 2)]),
    ):
        calls = []
        stylize = FaceStylizer(negate, background=background, detect=detect)
        stylize(slopes, progress=lambda *numbers, calls=calls: calls.append(numbers))
        assert calls == expected


@pytest.mark.parametrize("background", ["same", None])
def test_eyes_are_enlarged_before_stylization(slopes, background):
    landmarks = np.array([(80, 90), (120, 90), (100, 110), (88, 132), (112, 132)])
    moved = landmarks + (130, 20)
    faces = [
        (70, 60, 60, 90, *landmarks.ravel()),
        (200, 80, 60, 90, *moved.ravel()),
    ]
    expected = enlarge_eyes(slopes, [landmarks, moved], 0.5)
    stylize = FaceStylizer(
        copy,
        background=background,
        size=300,
        margin=1.0,
        detect=lambda image: faces,
        eyes=0.5,
    )
    result = stylize(slopes)
    assert not np.array_equal(result, slopes)
    # The crops are resized to the working size and back.
    assert np.abs(result.astype(int) - expected).max() <= 4
    assert np.array_equal(result[:20], expected[:20])


def test_enlarged_eyes_require_landmarks(photo):
    stylize = FaceStylizer(negate, detect=finds((5, 2, 20, 16)), eyes=1.0)
    with pytest.raises(ValueError, match=r"boxes and landmarks.*\(num_faces, 14\)"):
        stylize(photo)
    nothing = FaceStylizer(negate, detect=finds(), eyes=1.0)
    assert np.array_equal(nothing(photo), 255 - photo)


def test_stylizers_of_generators_are_accepted(
    photo, negative_generator, identity_generator
):
    stylize = FaceStylizer(
        Stylizer(negative_generator),
        background=Stylizer(identity_generator),
        size=64,
        margin=1.1,
        detect=finds((5, 2, 20, 16)),
    )
    result = stylize(photo)
    assert np.array_equal(result[2:18, 5:25], 255 - photo[2:18, 5:25])
    assert np.array_equal(result[:, 47:], photo[:, 47:])


@pytest.mark.parametrize(
    "arguments",
    [
        {"size": 63},
        {"margin": 0.0},
        {"margin": 2.1},
        {"background": "comic"},
        {"eyes": 1.5},
        {"eyes": float("nan")},
    ],
)
def test_arguments_out_of_range_are_named(arguments):
    with pytest.raises(ValueError, match=f"`{next(iter(arguments))}` must"):
        FaceStylizer(negate, detect=finds(), **arguments)


@pytest.mark.parametrize(
    "boxes", [[(1, 2, 3)], [1, 2, 3, 4], [(1, 2, 3, float("nan"))]]
)
def test_detections_that_are_not_boxes_are_refused(photo, boxes):
    with pytest.raises(ValueError, match="`detect` must return finite boxes"):
        FaceStylizer(negate, detect=lambda image: boxes)(photo)


@pytest.mark.parametrize(
    "image",
    [np.zeros((4, 4, 3)), np.zeros((4, 4), np.uint8), np.zeros((1, 4, 4, 3), np.uint8)],
)
def test_argument_that_is_not_an_image_is_refused(image):
    with pytest.raises(ValueError, match="`image` must be uint8 or uint16 RGB"):
        FaceStylizer(negate, detect=finds())(image)
