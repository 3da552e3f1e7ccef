import argparse

import numpy as np
import pytest

from animegan_tf.cli.dial_arguments import _COLORS, add_dial_arguments, read_dials
from animegan_tf.imaging.writing import write_image
from animegan_tf.inference.dials import COLORS


def parse(*arguments):
    parser = argparse.ArgumentParser()
    add_dial_arguments(parser)
    return read_dials(parser.parse_args([str(argument) for argument in arguments]))


def test_colors_are_those_of_the_dials():
    assert _COLORS == COLORS


def test_default_is_the_style_as_it_is():
    dials = parse()
    assert (dials.strength, dials.color, dials.detail) == (1.0, "style", 0.0)
    assert (dials.mask, dials.scale) == (None, 1.0)


def test_pictures_are_read(tmp_path, photo):
    path = write_image(photo, tmp_path / "a.png")
    dials = parse("--color", path, "--mask", path, "--scale", 0.5)
    assert np.array_equal(dials.color, photo)
    assert dials.mask.shape == photo.shape[:2]


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--color", "gone.png"], "`--color` must be one of style, photo, luma-gain"),
        (["--mask", "gone.png"], "gone.png"),
        (["--strength", "-1"], "`strength` must be in"),
    ],
)
def test_mistakes_are_named(arguments, part):
    with pytest.raises((ValueError, FileNotFoundError), match=part):
        parse(*arguments)
