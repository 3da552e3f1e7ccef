import argparse
from fractions import Fraction

import pytest

from animegan_tf.cli import argument_types


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        (argument_types.quality, "1", 1),
        (argument_types.quality, "100", 100),
        (argument_types.tile, "256", 256),
        (argument_types.tile, "auto", "auto"),
        (argument_types.tile, "none", None),
        (argument_types.at_least(64), "64", 64),
        (argument_types.time, "1:02.5", Fraction(125, 2)),
        (argument_types.rate, "30000/1001", Fraction(30000, 1001)),
    ],
)
def test_texts_become_values(read, text, expected):
    assert read(text) == expected


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (argument_types.quality, "0", "must be 1 to 100, not 0"),
        (argument_types.quality, "101", "must be 1 to 100, not 101"),
        (argument_types.quality, "best", "must be 1 to 100, not best"),
        (argument_types.tile, "0", "must be a number of pixels, auto or none, not 0"),
        (argument_types.tile, "-8", "must be a number of pixels, auto or none"),
        (argument_types.tile, "big", "auto or none, not big"),
        (argument_types.at_least(64), "63", "must be at least 64, not 63"),
        (argument_types.at_least(64), "x", "must be at least 64, not x"),
        (argument_types.time, "soon", "must be seconds or hh:mm:ss. Received: 'soon'"),
        (argument_types.rate, "0", r"must be in \(0, 1000\]. Received: fps='0'"),
    ],
)
def test_other_texts_are_told(read, text, message):
    with pytest.raises(argparse.ArgumentTypeError, match=message):
        read(text)
