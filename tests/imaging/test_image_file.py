import dataclasses

import numpy as np
import pytest

from animegan_tf.imaging.image_file import ImageFile, ImageFrame, Metadata, Timing


@pytest.mark.parametrize(("dtype", "bits"), [(np.uint8, 8), (np.uint16, 16)])
def test_bits_are_those_of_the_dtype(dtype, bits):
    assert ImageFrame(np.zeros((2, 3, 3), dtype)).bits == bits


def test_conversion_of_bits_keeps_alpha_and_metadata():
    levels = np.arange(16, dtype=np.uint8).reshape(2, 2, 4)
    frame = ImageFrame(levels[..., :3], levels[..., 3], Metadata(xmp=b"<x/>"))
    assert frame.with_bits(8) is frame
    wide = frame.with_bits(16)
    assert np.array_equal(wide.colors, 257 * levels[..., :3].astype(int))
    back = wide.with_bits(8)
    assert np.array_equal(back.colors, frame.colors)
    assert np.array_equal(back.alpha, frame.alpha)
    assert back.metadata == wide.metadata == frame.metadata
    assert ImageFrame(frame.colors).with_bits(16).alpha is None
    with pytest.raises(ValueError, match="`bits` must be 8 or 16.*bits=12"):
        frame.with_bits(12)


def test_frames_are_opaque_and_without_metadata_by_default():
    frame = ImageFrame(np.zeros((2, 3, 3), np.uint8))
    assert frame.alpha is None
    assert frame.metadata == Metadata(icc=None, exif=None, xmp=None, dpi=None)


def test_frames_compare_by_identity_and_metadata_by_value():
    colors = np.zeros((2, 3, 3), np.uint8)
    # Equality of arrays is an array, so comparing by value would raise.
    assert ImageFrame(colors) != ImageFrame(colors)
    assert ImageFile((ImageFrame(colors),)) != ImageFile((ImageFrame(colors),))
    assert Metadata(dpi=(72.0, 72.0)) == Metadata(dpi=(72.0, 72.0))
    assert Timing((100.0,), (0,)) == Timing((100.0,), (0,), None, False)


def test_everything_is_frozen():
    frame = ImageFrame(np.zeros((2, 3, 3), np.uint8))
    for item, name in (
        (frame, "colors"),
        (frame.metadata, "icc"),
        (ImageFile((frame,)), "frames"),
        (Timing((100.0,), (0,)), "loop"),
    ):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(item, name, None)
