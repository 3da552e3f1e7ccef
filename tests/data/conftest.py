"""Folders that several tests of `data` read."""

import numpy as np
import pytest
from PIL import Image

from animegan_tf.imaging.writing import write_image


@pytest.fixture
def folders(tmp_path):
    """Five images, `a` to `e`, and their negatives."""
    rng = np.random.default_rng(0)
    for folder in ("photos", "targets"):
        (tmp_path / folder).mkdir()
    for name in "abcde":
        coarse = rng.integers(0, 256, (5, 7, 3)).astype("uint8")
        image = np.asarray(Image.fromarray(coarse).resize((28, 20), Image.BILINEAR))
        write_image(image, tmp_path / "photos" / f"{name}.png")
        write_image(255 - image, tmp_path / "targets" / f"{name}.png")
    return tmp_path
