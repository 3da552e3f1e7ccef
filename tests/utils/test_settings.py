import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from animegan_tf.utils.settings import check, convert_fields, from_dict, to_dict


@dataclasses.dataclass(frozen=True)
class Inner:
    share: float = 0.5

    def __post_init__(self):
        convert_fields(self)


@dataclasses.dataclass(frozen=True)
class Settings:
    """A setting of every kind that there is."""

    name: str
    count: int = 1
    place: str | None = None
    held_out: str | float = 0.0
    sizes: tuple[int, ...] = ()
    flip: bool = True
    options: dict = dataclasses.field(default_factory=dict)
    inner: Inner = dataclasses.field(default_factory=Inner)
    parts: tuple[Inner, ...] = ()

    def __post_init__(self):
        convert_fields(self)


def test_what_json_holds_comes_back_as_it_was():
    settings = Settings(
        "a", 7, "b", "held", (8, 16), False, {"width": 4}, Inner(0.25), (Inner(1.0),)
    )
    values = json.loads(json.dumps(to_dict(settings)))
    assert values == to_dict(settings)
    assert from_dict(Settings, values) == settings


def test_what_is_left_out_has_its_default():
    assert from_dict(Settings, {"name": "a", "inner": {}}) == Settings("a")


def test_whole_number_passes_for_a_float_but_not_the_other_way_round():
    share = from_dict(Inner, {"share": 2}).share
    assert (share, type(share)) == (2.0, float)
    with pytest.raises(ValueError, match="`count` must be an integer.*count=2.5"):
        Settings("a", count=2.5)


def test_fields_take_numpy_s_numbers_and_paths():
    settings = Settings(Path("photos"), np.int64(7), sizes=[np.int64(8)])
    assert settings == Settings("photos", 7, sizes=(8,))
    assert type(settings.count) is type(settings.sizes[0]) is int
    assert json.dumps(to_dict(Inner(np.float64(0.5)))) == '{"share": 0.5}'


def test_a_union_takes_each_of_its_types():
    assert Settings("a", held_out="folder").held_out == "folder"
    assert Settings("a", held_out=0).held_out == 0.0
    assert Settings("a", place=None).place is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"count": "many"}, "`count` must be an integer. Received: count='many'"),
        ({"count": True}, "`count` must be an integer. Received: count=True"),
        ({"count": None}, "`count` must be an integer"),
        ({"count": 2**63}, "`count` must be an integer"),
        ({"flip": 1}, "`flip` must be true or false. Received: flip=1"),
        ({"name": 3}, "`name` must be text"),
        ({"place": 3}, "`place` must be text or null"),
        ({"held_out": []}, "`held_out` must be text or a number"),
        ({"sizes": "256"}, "`sizes` must be a list of an integer"),
        ({"sizes": [1, "b"]}, "`sizes` must be an integer. Received: sizes='b'"),
        ({"options": []}, "`options` must be an object of names and values"),
        ({"inner": 3}, "A Inner must be an object of names and values. Received: 3"),
        ({"inner": {"share": float("nan")}}, "`share` must be a number.*nan"),
        ({"inner": {"share": float("inf")}}, "`share` must be a number.*inf"),
        ({"inner": {"share": 10**400}}, "`share` must be a number"),
    ],
)
def test_values_of_other_types_are_refused(values, message):
    with pytest.raises(ValueError, match=message) as error:
        from_dict(Settings, {"name": "a"} | values)
    assert "\n" not in str(error.value)


def test_an_unknown_name_is_met_by_the_known_ones_and_the_one_meant():
    with pytest.raises(ValueError, match="Inner: 'shares'. Did you mean 'share'"):
        from_dict(Inner, {"shares": 1.0})
    with pytest.raises(ValueError, match="'size', 'weight'.*Known: name, count"):
        from_dict(Settings, {"weight": 1, "size": 2})


def test_a_setting_without_a_default_must_be_there():
    with pytest.raises(ValueError, match="A Settings must have name. Received: {}"):
        from_dict(Settings, {})


def test_check_names_the_setting_the_expectation_and_the_value():
    check(True, "steps", "at least 1", 1)
    with pytest.raises(ValueError) as error:
        check(False, "steps", "at least 1", 0)
    assert str(error.value) == "`steps` must be at least 1. Received: steps=0"
