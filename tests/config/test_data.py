import pytest

from animegan_tf.config import DataConfig


@pytest.mark.parametrize(
    "values",
    [
        {"crop_size": 16},
        {"validation": 0.0},
        {"validation": "folder"},
        {"coverage": (1.0, 1.0)},
        {"degradations": ["noise", "blur"]},
        {"pairing": "side_by_side_reversed"},
    ],
)
def test_limits_themselves_are_allowed(values):
    data = DataConfig(**values)
    for name, value in values.items():
        expected = tuple(value) if isinstance(value, list) else value
        assert getattr(data, name) == expected


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"crop_size": 20}, "`crop_size` must be a multiple of 8.*crop_size=20"),
        ({"crop_size": 8}, "`crop_size` must be .* at least 16"),
        ({"batch_size": 0}, "`batch_size` must be at least 1"),
        ({"scales": ()}, "`scales` must be a list of sizes"),
        ({"scales": [256, 0]}, "`scales` must be a list of sizes of at least 1"),
        ({"validation": 1.0}, r"`validation` must be a folder or .* in \[0, 1\)"),
        ({"validation": -0.1}, "`validation` must be a folder or a fraction"),
        ({"pairing": "guess"}, "`pairing` must be one of name, side_by_side"),
        ({"coverage": (0.0, 1.0)}, r"`coverage` must be two .* in \(0, 1\]"),
        ({"coverage": (0.8, 0.6)}, "`coverage` must be two ascending numbers"),
        ({"coverage": (0.8,)}, "`coverage` must be two ascending numbers"),
        ({"coverage": (0.8, 1.1)}, "`coverage` must be two ascending numbers"),
        ({"degradations": ("rust",)}, "`degradations` must be any of blur, downscale"),
    ],
)
def test_impossible_values_are_refused(values, message):
    with pytest.raises(ValueError, match=message) as error:
        DataConfig(**values)
    assert "\n" not in str(error.value)
