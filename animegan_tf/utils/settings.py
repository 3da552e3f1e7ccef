"""Convert between JSON values and frozen dataclasses of settings, with checks."""

import dataclasses
import json
import math
import numbers
import os
import types
import typing
from typing import Any

from animegan_tf.utils.messages import suggestion


def to_dict(config) -> dict[str, Any]:
    """Convert a dataclass of settings to dicts, lists and scalars."""
    return json.loads(json.dumps(dataclasses.asdict(config)))


def from_dict(kind: type, values: dict[str, Any]):
    """Build a dataclass of settings from what `to_dict` returns.

    Args:
        kind: The dataclass.
        values: Values by field; fields that are left out have their defaults.

    Raises:
        ValueError: If a name is no field of `kind`, or a value has another type.
    """
    if not isinstance(values, dict):
        raise ValueError(
            f"A {kind.__name__} must be an object of names and values. "
            f"Received: {values!r}"
        )
    known = {field.name: field for field in dataclasses.fields(kind)}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise ValueError(
            f"Unknown settings of {kind.__name__}: {', '.join(map(repr, unknown))}. "
            f"{suggestion(unknown[0], known)}Known: {', '.join(known)}"
        )
    required = {name for name, field in known.items() if _is_required(field)}
    if required - set(values):
        raise ValueError(
            f"A {kind.__name__} must have {', '.join(sorted(required))}. "
            f"Received: {values!r}"
        )
    return kind(**values)


def convert_fields(config) -> None:
    """Check every field of a dataclass against its type hint, and convert it."""
    for name, hint in typing.get_type_hints(type(config)).items():
        value = _convert(name, hint, getattr(config, name))
        object.__setattr__(config, name, value)


def check(ok: bool, name: str, expected: str, value: Any) -> None:
    """Raise a `ValueError` about a value unless it is as expected."""
    if not ok:
        raise ValueError(f"`{name}` must be {expected}. Received: {name}={value!r}")


def _is_required(field: dataclasses.Field) -> bool:
    missing = dataclasses.MISSING
    return field.default is missing and field.default_factory is missing


def _convert(name: str, hint: Any, value: Any) -> Any:
    """Check a value against a type hint; integers pass as floats, lists as tuples.

    NumPy numbers become Python's, and paths become text, which JSON can hold.
    """
    if dataclasses.is_dataclass(hint):
        return value if isinstance(value, hint) else from_dict(hint, value)
    origin = typing.get_origin(hint)
    union = origin in (typing.Union, types.UnionType)
    allowed = typing.get_args(hint) if union else (hint,)
    for kind in allowed:
        base = typing.get_origin(kind) or kind
        if base is tuple and isinstance(value, list | tuple):
            item = typing.get_args(kind)[0]
            return tuple(_convert(name, item, v) for v in value)
        if base is float and isinstance(value, numbers.Real) and _is_number(value):
            return float(value)
        if base is int and isinstance(value, numbers.Integral) and _is_number(value):
            return int(value)
        if base is str and isinstance(value, os.PathLike):
            return os.fspath(value)
        if base not in (int, float) and isinstance(value, base):
            return value
    expected = " or ".join(map(_name_of, allowed))
    raise ValueError(f"`{name}` must be {expected}. Received: {name}={value!r}")


def _is_number(value) -> bool:
    # Python counts True as 1, and its integers go beyond the floats.
    return not isinstance(value, bool) and abs(value) < 2**63 and math.isfinite(value)


def _name_of(kind) -> str:
    if typing.get_origin(kind) is tuple:
        return f"a list of {_name_of(typing.get_args(kind)[0])}"
    names = {int: "an integer", float: "a number", str: "text", type(None): "null"}
    names |= {bool: "true or false", dict: "an object of names and values"}
    return names.get(typing.get_origin(kind) or kind, str(kind))
