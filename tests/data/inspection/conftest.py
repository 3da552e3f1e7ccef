import numpy as np
import pytest
from PIL import Image

cv2 = pytest.importorskip("cv2")


@pytest.fixture
def make_scene():
    """A function of a seed and a size that draws colored polygons on a slope."""

    def make(seed=0, size=(240, 320)):
        random = np.random.default_rng(seed)
        height, width = size
        image = np.zeros((height, width, 3), np.uint8)
        image[:] = np.linspace(90, 200, height, dtype=np.uint8)[:, None, None]
        for _ in range(40):
            center = random.uniform(0, 1, 2) * (width, height)
            offsets = random.uniform(-0.25, 0.25, (4, 2)) * min(size)
            color = [int(value) for value in random.integers(20, 256, 3)]
            corners = np.int32(center + offsets)
            cv2.fillPoly(image, [cv2.convexHull(corners)], color)
        return image

    return make


@pytest.fixture
def write(tmp_path):
    """A function that writes an image to a folder and returns its path."""

    def write_image(image, name):
        path = tmp_path / "images" / name
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(image).save(path)
        return path

    return write_image
