import numpy as np
import pytest

from animegan_tf.models.arguments import (
    check_choice,
    check_counts,
    check_multiple,
    check_options,
)


def _factory(width=4, slope=0.2, bias=True, kind="plain", sizes=(1, 2), dtype=None):
    """A factory whose signature is checked; it is never called."""


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
def test_options_of_the_types_of_the_defaults_are_accepted(options):
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
def test_options_of_other_types_are_rejected(options, message):
    with pytest.raises(ValueError, match=message):
        check_options(_factory, options)


def test_an_unknown_option_is_reported_with_the_known_and_the_closest_one():
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
def test_multiples_and_unknown_sizes_are_accepted(shape):
    check_multiple(shape, 4)


@pytest.mark.parametrize("shape", [(8, 6, 3), (0, 8, 3), (-4, 8, 3), (8.0, 8, 3)])
def test_other_sizes_are_rejected(shape):
    with pytest.raises(ValueError, match="height and width divisible by 4"):
        check_multiple(shape, 4)


@pytest.mark.parametrize("shape", [(8, 8), 8, "abc", None])
def test_anything_but_a_shape_is_rejected(shape):
    with pytest.raises(ValueError, match=r"must be \(height, width, channels\)"):
        check_multiple(shape, 4)


def test_unknown_choices_are_reported_with_the_closest_one():
    choices = {"batch": 1, "instance": 2}
    check_choice(choices, normalization="batch", other="instance")
    message = "`other` must be one of batch, instance. Did you mean 'batch'.*'bacth'"
    with pytest.raises(ValueError, match=message):
        check_choice(choices, normalization="batch", other="bacth")


def test_unhashable_values_are_rejected():
    with pytest.raises(ValueError, match=r"Received: kind=\['a'\]"):
        check_choice(("a", "b"), kind=["a"])
