import pytest

from animegan_tf.config import Contrast


def test_layers_of_a_file_become_a_tuple():
    assert Contrast(layers=["stem", "down"]).layers == ("stem", "down")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        # One patch has nothing to be told from.
        ({"patches": 1}, "`patches` must be at least 2. Received: patches=1"),
        ({"width": 0}, "`width` must be at least 1"),
        ({"temperature": 0.0}, "`temperature` must be positive"),
        ({"layers": "stem"}, "`layers` must be a list of text"),
    ],
)
def test_impossible_values_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        Contrast(**values)
