"""Stylize the faces of an image one by one, at a fixed size."""

import copy
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from animegan_tf.imaging.reading import is_file, pil_to_array, read_image
from animegan_tf.imaging.resizing import resize
from animegan_tf.inference.dials import scaled_size
from animegan_tf.inference.faces.crops import FaceCrop, cut_face_crop, paste_face
from animegan_tf.inference.faces.detection import build_face_detector
from animegan_tf.inference.faces.proportions import enlarge_eyes
from animegan_tf.utils.checks import check_integer, check_number, received

SAME = "same"
MINIMUM_SIZE = 64
_MARGINS = (0.1, 2.0)

Detect = Callable[[np.ndarray], np.ndarray]


class FaceStylizer:
    """Stylize the faces of an image at a fixed size, and the background separately.

    A generator works best on faces of the size it was trained on. So each face is
    cropped with a margin, resized to `size`, stylized, resized back and blended with
    weights that fall smoothly to 0 at the crop's border. Outside the crops the result
    is exactly that of `background`.

    It can be used in place of a `Stylizer` for single images, including with dials and
    for files, and as the style of `stylize_video`.

    Args:
        stylizer: `Stylizer` of the faces, or a function with the same arguments.
        background: `Stylizer` of the background, `"same"` for that of the faces, or
            `None` to keep the photo.
        size: Side in pixels to which a face with its margin is resized, at least 64.
        margin: Margin around a face, relative to the longer side of its box, in
            [0.1, 2].
        detect: Function from uint8 RGB, `(height, width, 3)`, to the left, top, width
            and height of each face in pixels, `(num_faces, 4)`; boxes may extend beyond
            the image. `None` is `build_face_detector()`, which needs
            `pip install "animegan_tf[faces]"`.
        eyes: How much to enlarge the eyes and to narrow the chin before stylization,
            in [0, 1]; see `enlarge_eyes`. Above 0, `detect` must return the landmarks
            of each face after its box, `(num_faces, 14)`, as
            `build_face_detector(landmarks=True)` does.

    Raises:
        ModuleNotFoundError: If `detect` is `None` and the detector is not installed.
        ValueError: If an argument is out of range.
    """

    def __init__(
        self,
        stylizer,
        *,
        background=SAME,
        size: int = 512,
        margin: float = 0.5,
        detect: Detect | None = None,
        eyes: float = 0.0,
    ):
        if isinstance(background, str) and background != SAME:
            raise ValueError(
                '`background` must be a Stylizer, "same" or None. '
                f"Received: background={background!r}"
            )
        if not callable(stylizer):
            raise ValueError(
                f"`stylizer` must be a Stylizer. {received('stylizer', stylizer)}"
            )
        check_integer(MINIMUM_SIZE, size=size)
        check_number(*_MARGINS, margin=margin)
        check_number(0.0, 1.0, eyes=eyes)
        self.stylizer = stylizer
        self.background = stylizer if isinstance(background, str) else background
        self.size = size
        self.margin = margin
        self.eyes = eyes
        if detect is None:
            detect = build_face_detector(landmarks=eyes > 0.0)
        self.detect = detect
        self.license = _join_licenses(stylizer, self.background)

    def __call__(self, image, *, progress: Callable[[int, int], None] | None = None):
        """Stylize an image.

        Args:
            image: uint8 or uint16 RGB array, `(height, width, 3)`, a Pillow image, or
                the path of an image, its content as bytes, or an open file.
            progress: Called with the number of parts done and their total: tiles of the
                background, and faces.

        Returns:
            An RGB array of the input's dtype, uint8 for a path, or an RGB Pillow image
            for a Pillow image; of the input's size.

        Raises:
            FileNotFoundError: If the file does not exist.
            ValueError: If the array is none of the above, the file is not an image, or
                `detect` returns anything but boxes.
        """
        if is_file(image):
            return self._stylize(read_image(image), progress)
        if isinstance(image, Image.Image):
            return Image.fromarray(self._stylize(pil_to_array(image), progress))
        image = np.asarray(image)
        if image.dtype not in (np.uint8, np.uint16) or image.shape[2:] != (3,):
            raise ValueError(
                "`image` must be uint8 or uint16 RGB of shape (height, width, 3). "
                f"Received: dtype {image.dtype}, shape {image.shape}"
            )
        return self._stylize(image, progress)

    def find_crops(self, photo: np.ndarray) -> list[FaceCrop]:
        """Detect the faces of an image and crop them, the smallest first.

        Where two overlap, the larger is nearer to the camera and so is pasted last. The
        result does not depend on the order of the detections.

        Raises:
            ValueError: If `detect` returns anything but boxes.
        """
        return self._place_crops(self.find_faces(photo), photo.shape[:2])

    def find_faces(self, photo: np.ndarray) -> np.ndarray:
        """Detect the faces of an image.

        Args:
            photo: uint8 or uint16 RGB, `(height, width, 3)`.

        Returns:
            float64 `(num_faces, 4)`: left, top, width and height in pixels; above 0
            `eyes`, `(num_faces, 14)`, with the landmarks.

        Raises:
            ValueError: If `detect` returns anything else.
        """
        # The upper 8 of 16 bits are enough to detect a face.
        is_uint16 = photo.dtype == np.uint16
        faces = self.detect((photo >> 8).astype(np.uint8) if is_uint16 else photo)
        faces = np.asarray(faces, np.float64)
        num_values = 14 if self.eyes > 0.0 else 4
        faces = faces.reshape(0, num_values) if faces.size == 0 else faces
        if faces.shape[1:] != (num_values,) or not np.isfinite(faces).all():
            contents = "boxes and landmarks" if self.eyes > 0.0 else "boxes"
            raise ValueError(
                f"`detect` must return finite {contents} of shape "
                f"(num_faces, {num_values}). Received: shape {faces.shape}"
            )
        return faces

    def with_faces(self, faces: np.ndarray, size: tuple[int, int]) -> "FaceStylizer":
        """Return the same stylizer for an image whose faces are known.

        Args:
            faces: What `find_faces` returns.
            size: Height and width of the image in which they were found. The image to
                stylize may be a resized version of it.
        """

        def detect(image):
            scale = (image.shape[1] / size[1], image.shape[0] / size[0])
            # All values are pairs of x and y.
            return faces * np.tile(scale, faces.shape[1] // 2)

        known = copy.copy(self)
        known.detect = detect
        return known

    def stylize_frames(
        self, frames: np.ndarray, faces: Sequence[np.ndarray]
    ) -> np.ndarray:
        """Stylize frames of a video whose faces are known.

        The background of all frames is stylized as one batch.

        Args:
            frames: uint8 RGB, `(num_frames, height, width, 3)`.
            faces: For each frame, what `find_faces` returns.

        Returns:
            An array of the same dtype and shape.
        """
        photos = [
            self._enlarge_eyes(frame, found)
            for frame, found in zip(frames, faces, strict=True)
        ]
        results = np.stack(photos)
        if self.background is not None:
            # Copied, since a function may return its input.
            results = np.array(self.background(results))
        for photo, result, found in zip(photos, results, faces, strict=True):
            for crop in self._place_crops(found, photo.shape[:2]):
                self._paste_face(photo, result, crop)
        return results

    def _place_crops(self, faces: np.ndarray, size: tuple[int, int]) -> list[FaceCrop]:
        # A box without area contains no pixel and is dropped below.
        boxes = sorted(faces[:, :4].tolist(), key=lambda box: (box[2] * box[3], box))
        crops = [cut_face_crop(box, size, margin=self.margin) for box in boxes]
        return [crop for crop in crops if crop is not None]

    def _stylize(self, photo: np.ndarray, progress) -> np.ndarray:
        faces = self.find_faces(photo)
        crops = self._place_crops(faces, photo.shape[:2])
        photo = self._enlarge_eyes(photo, faces)
        num_tiles = 0

        def count_tiles(done, tiles):
            nonlocal num_tiles
            num_tiles = tiles
            if progress:
                progress(done, tiles + len(crops))

        if self.background is None:
            result = photo.copy()
        else:
            result = self.background(photo, progress=count_tiles)
        for index, crop in enumerate(crops):
            self._paste_face(photo, result, crop)
            if progress:
                progress(num_tiles + index + 1, num_tiles + len(crops))
        return result

    def _enlarge_eyes(self, photo, faces):
        if self.eyes == 0.0:
            return photo
        return enlarge_eyes(photo, faces[:, 4:].reshape(-1, 5, 2), self.eyes)

    def _paste_face(self, photo, result, crop) -> None:
        """Stylize the face in a crop of the photo, and blend it into the result."""
        face = photo[crop.rows, crop.columns]
        size = scaled_size(face.shape[:2], self.size / crop.side)
        face = resize(self.stylizer(resize(face, size)), face.shape[:2])
        paste_face(result, face, crop)


def _join_licenses(*stylizers) -> str | None:
    """Return the licenses of the weights of all stylizers."""
    licenses = [getattr(stylizer, "license", None) for stylizer in stylizers]
    return "; ".join(dict.fromkeys(filter(None, licenses))) or None
