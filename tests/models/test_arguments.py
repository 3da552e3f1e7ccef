import numpy as np
import pytest

from animegan_tf.models.arguments import (
    check_choice,
    check_counts,
    check_multiple,
    check_options,
)


def _factory(width=4, slope=0.2, bias=True, kind="plain", sizes=(1, 2), dtype=None):
    """Stand for a factory of networks; it is never called."""


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"width": np.int64(3), "slope": 1, "bias": False},
        {"slope": np.float32(0.5), "kind": "other", "sizes": [3]},
        # A default of None says nothing about types.
        {"dtype": "mixed_float16"},
    ],
)
def test_options_of_the_defaults_types_pass(options):
    check_options(_factory, options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": "4"}, "`width` must be an integer. Received: width='4'"),
        ({"width": 4.0}, "`width` must be an integer"),
        ({"width": True}, "`width` must be an integer. Received: width=True"),
        ({"slope": False}, "`slope` must be a number. Received: slope=False"),
        ({"bias": 1}, "`bias` must be true or false. Received: bias=1"),
        ({"kind": 3}, "`kind` must be text"),
        ({"sizes": 3}, "`sizes` must be a list"),
    ],
)
def test_options_of_other_types_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        check_options(_factory, options)


def test_an_unknown_option_is_met_by_the_known_ones_and_the_one_meant():
    message = "`_factory` has no option `widht`. Did you mean 'width'.*It has: width, "
    with pytest.raises(ValueError, match=message):
        check_options(_factory, {"widht": 4})


def test_counts_are_integers_of_at_least_1():
    check_counts(width=1, depth=np.int64(2))
    for value, message in (
        (0, "`depth` must be at least 1. Received: depth=0"),
        (2.0, "`depth` must be an integer. Received: depth=2.0"),
        (True, "`depth` must be an integer. Received: depth=True"),
    ):
        with pytest.raises(ValueError, match=message):
            check_counts(width=1, depth=value)


@pytest.mark.parametrize("shape", [(8, 12, 3), [None, 4, 1], (None, None, 3)])
def test_known_sizes_divide_by_the_multiple(shape):
    check_multiple(shape, 4)


@pytest.mark.parametrize("shape", [(8, 6, 3), (0, 8, 3), (-4, 8, 3), (8.0, 8, 3)])
def test_other_sizes_are_refused(shape):
    with pytest.raises(ValueError, match="height and width divisible by 4"):
        check_multiple(shape, 4)


@pytest.mark.parametrize("shape", [(8, 8), 8, "abc", None])
def test_what_is_no_shape_is_refused(shape):
    with pytest.raises(ValueError, match=r"must be \(height, width, channels\)"):
        check_multiple(shape, 4)


def test_choices_are_named_with_the_one_meant():
    choices = {"batch": 1, "instance": 2}
    check_choice(choices, normalization="batch", other="instance")
    message = "`other` must be one of batch, instance. Did you mean 'batch'.*'bacth'"
    with pytest.raises(ValueError, match=message):
        check_choice(choices, normalization="batch", other="bacth")


def test_what_cannot_be_hashed_is_no_choice():
    with pytest.raises(ValueError, match=r"Received: kind=\['a'\]"):
        check_choice(("a", "b"), kind=["a"])
