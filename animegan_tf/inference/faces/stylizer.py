"""Stylize the faces of a picture one by one, at a size of their own."""

import os
from collections.abc import Callable

import numpy as np
from PIL import Image

from animegan_tf.imaging.reading import pil_to_array, read_image
from animegan_tf.imaging.resizing import resize
from animegan_tf.inference.dials import scaled_size
from animegan_tf.inference.faces.crops import FaceCrop, cut_face_crop, paste_face
from animegan_tf.inference.faces.detection import build_face_detector

SAME = "same"
MINIMUM_SIZE = 64
_MARGINS = (0.1, 2.0)

Detect = Callable[[np.ndarray], np.ndarray]


class FaceStylizer:
    """Give faces a style at a working size, and the rest another, the same or none.

    A network draws a face best at the size it was trained at. So each face is cut out
    with a margin, resized so that the cut has that size, stylized, resized back and
    pasted with weights that fall smoothly to the cut's border. Outside the cuts the
    picture is exactly what `background` makes of it; without faces, all of it is.

    It takes the place of a `Stylizer` for single pictures, also where dials are applied
    and files are written.

    Args:
        stylizer: What draws faces: a `Stylizer`, or any function of such an argument
            and result.
        background: What draws the rest: a `Stylizer`, `"same"` for that of the faces,
            or `None` to leave the photo.
        size: Side in pixels of the square that the network sees of a face with its
            margin, at least 64.
        margin: Pixels around a face that are cut out with it, as a part of its box's
            longer side, 0.1 to 2.
        detect: Function from uint8 RGB, `(height, width, 3)`, to the left, top, width
            and height of each face in pixels, `(num_faces, 4)`; faces may reach over
            the picture's border. `None` takes `build_face_detector()`, which needs
            `pip install "animegan_tf[faces]"`.

    Raises:
        ModuleNotFoundError: If a detector is needed that is not installed.
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
    ):
        if isinstance(background, str) and background != SAME:
            raise ValueError(
                '`background` must be a Stylizer, "same" or None. '
                f"Received: background={background!r}"
            )
        if size < MINIMUM_SIZE:
            raise ValueError(
                f"`size` must be at least {MINIMUM_SIZE} pixels. Received: size={size}"
            )
        if not _MARGINS[0] <= margin <= _MARGINS[1]:
            raise ValueError(
                f"`margin` must be in [{_MARGINS[0]:g}, {_MARGINS[1]:g}]. "
                f"Received: margin={margin}"
            )
        self.stylizer = stylizer
        self.background = stylizer if isinstance(background, str) else background
        self.size = size
        self.margin = margin
        self.detect = build_face_detector() if detect is None else detect

    def __call__(self, image, *, progress: Callable[[int, int], None] | None = None):
        """Stylize a picture.

        Args:
            image: uint8 or uint16 RGB array, `(height, width, 3)`, a Pillow image, or
                the path of a picture.
            progress: Called with the numbers of parts done and in all: the tiles of the
                background, and the faces.

        Returns:
            For a Pillow image one in RGB, else an array of the input's type, uint8 for
            a path; of the input's size.

        Raises:
            FileNotFoundError: If there is no file at the path.
            ValueError: If the array is none of the above, the file is no picture, or
                what was detected are no boxes.
        """
        if isinstance(image, str | os.PathLike):
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
        """Detect the faces of a picture, and cut them out from the smallest.

        The larger of two that overlap is the nearer one, so it is pasted last; and the
        result does not depend on the order in which they were detected.

        Raises:
            ValueError: If what was detected are no boxes.
        """
        deep = photo.dtype == np.uint16
        # Of 16 bits the upper 8 are enough to find a face.
        boxes = self.detect((photo >> 8).astype(np.uint8) if deep else photo)
        boxes = np.asarray(boxes, np.float64)
        boxes = boxes.reshape(0, 4) if boxes.size == 0 else boxes
        valid = boxes.ndim == 2 and boxes.shape[1] == 4
        if not (valid and np.isfinite(boxes).all()):
            raise ValueError(
                "`detect` must give finite boxes of shape (num_faces, 4). "
                f"Received: shape {boxes.shape}"
            )
        # A box without an area holds no pixel, and is dropped below.
        boxes = sorted(boxes.tolist(), key=lambda box: (box[2] * box[3], box))
        size = photo.shape[:2]
        crops = [cut_face_crop(box, size, margin=self.margin) for box in boxes]
        return [crop for crop in crops if crop is not None]

    def _stylize(self, photo: np.ndarray, progress) -> np.ndarray:
        crops = self.find_crops(photo)
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
            paste_face(result, self._draw_face(photo, crop), crop)
            if progress:
                progress(num_tiles + index + 1, num_tiles + len(crops))
        return result

    def _draw_face(self, photo: np.ndarray, crop: FaceCrop) -> np.ndarray:
        """Stylize a crop at the working size, and bring it back to its own."""
        face = photo[crop.rows, crop.columns]
        working = scaled_size(face.shape[:2], self.size / crop.side)
        return resize(self.stylizer(resize(face, working)), face.shape[:2])
