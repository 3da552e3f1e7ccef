import dataclasses

import numpy as np
import pytest

from animegan_tf.imaging.image_file import Metadata, Picture, PictureFile, Timing


@pytest.mark.parametrize(("dtype", "bits"), [(np.uint8, 8), (np.uint16, 16)])
def test_bits_are_those_of_the_colors(dtype, bits):
    assert Picture(np.zeros((2, 3, 3), dtype)).bits == bits


def test_a_plain_picture_is_opaque_and_says_nothing_else():
    picture = Picture(np.zeros((2, 3, 3), np.uint8))
    assert picture.alpha is None
    assert picture.metadata == Metadata(icc=None, exif=None, xmp=None, dpi=None)


def test_pictures_are_the_same_by_identity_and_metadata_by_value():
    colors = np.zeros((2, 3, 3), np.uint8)
    # Equality of arrays is an array, so comparing by value would raise.
    assert Picture(colors) != Picture(colors)
    assert PictureFile((Picture(colors),)) != PictureFile((Picture(colors),))
    assert Metadata(dpi=(72.0, 72.0)) == Metadata(dpi=(72.0, 72.0))
    assert Timing((100.0,), (0,)) == Timing((100.0,), (0,), None, False)


def test_nothing_of_a_picture_can_be_replaced_in_place():
    picture = Picture(np.zeros((2, 3, 3), np.uint8))
    for item, name in (
        (picture, "colors"),
        (picture.metadata, "icc"),
        (PictureFile((picture,)), "frames"),
        (Timing((100.0,), (0,)), "loop"),
    ):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(item, name, None)
