"""Match the arrays of a file to the weights of a network, and report what differs."""

import collections
import dataclasses
import re
from collections.abc import Iterable

import numpy as np

from animegan_tf.importing.families import FAMILIES, Family, Weight

# Names that an error lists of each kind.
_MAX_LISTED = 12
_AVERAGE = re.compile(r"(?:^|[/._])ema[/._]", re.IGNORECASE)
# Leaves of the names of variables that play the same part.
_PARTS = (
    ("gamma", "scale"),
    ("beta", "offset"),
    ("bias", "biases"),
)


@dataclasses.dataclass(frozen=True)
class Match:
    """Which array of a file is which weight.

    Attributes:
        sources: Dict from weight to the name of its array.
        missing: Names of which the file has no array.
        unknown: Names of arrays of the generator that are no weight.
        by: How they were matched: `"name"` or `"order and shape"`.
    """

    sources: dict[Weight, str]
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    by: str = "name"

    @property
    def is_complete(self) -> bool:
        """Whether every weight has an array and every array is a weight."""
        return not self.missing and not self.unknown


def match_tf1_names(family: Family, names: Iterable[str]) -> Match:
    """Match variables of a TensorFlow 1 checkpoint by their names.

    The generator may be in any scope. Where the attention of AnimeGANv3 exists twice,
    that of the published inference is taken, in the scope `generator_1`.

    Args:
        family: The network.
        names: Names of the variables, without those of optimizers and discriminators.
    """
    names = set(names)
    wanted = [weight.tf1 for weight in family.weights]
    scope = _find_scope(wanted, names, "/", default="generator/")
    # Variables without a name of their own belong to one of two uses of the network.
    again = re.sub(r"/$", "_1/", scope)
    sources, missing = {}, []
    for weight in family.weights:
        candidates = [scope + weight.tf1]
        if re.search(r"/Variable(?:_\d)?$", weight.tf1):
            candidates.insert(0, again + weight.tf1)
        found = [name for name in candidates if name in names]
        if found:
            sources[weight] = found[0]
        else:
            missing.append(scope + weight.tf1)
    known = {weight.tf1 for weight in family.weights}
    unknown = [
        name
        for name in sorted(names - set(sources.values()))
        if name.startswith(scope)
        and name.removeprefix(scope) not in known
        and not name.removeprefix(scope).startswith(family.ignored or ("\0",))
        and not (again != scope and name.startswith(again))
    ]
    return Match(sources, tuple(missing), tuple(unknown))


def match_torch_names(family: Family, names: Iterable[str]) -> Match:
    """Match tensors of a PyTorch file by their names.

    They may begin with anything, such as `module.` or `generator.`, if all do so.

    Args:
        family: The network.
        names: Names of all tensors in the file, also of other networks.
    """
    names = set(names)
    scope = _find_scope([weight.torch for weight in family.weights], names, ".")
    wanted = {weight: scope + weight.torch for weight in family.weights}
    sources = {w: name for w, name in wanted.items() if name in names}
    missing = tuple(name for name in wanted.values() if name not in names)
    unknown = {name for name in names if name.startswith(scope)}
    return Match(sources, missing, tuple(sorted(unknown - set(sources.values()))))


def _find_scope(ends, names, separator: str, default="") -> str:
    """Return the start of names after which most of the given ends follow.

    Of several, a moving average is taken, which trainings keep for use.
    """
    counts = collections.Counter(
        name.removesuffix(end)
        for name in names
        for end in ends
        if name == end or name.endswith(separator + end)
    )
    return min(
        counts,
        key=lambda scope: (-counts[scope], not _AVERAGE.search(scope), scope),
        default=default,
    )


def match_by_order(
    family: Family,
    shapes: dict[str, tuple[int, ...]],
    expected: dict[Weight, tuple[int, ...]],
) -> Match | None:
    """Match variables of other names by their order and shapes.

    Kernels, scales, shifts and biases are matched separately. The variables are in the
    natural order of their names, `Conv` before `Conv_2` before `Conv_10`; it must be
    that of the network's graph, or that of the published names in the same order.

    Args:
        family: The network.
        shapes: Dict from name to the shape of the generator's variables.
        expected: Dict from weight to its shape.

    Returns:
        The match, or `None` if there is none, or two that differ.
    """
    inside = [name for name in shapes if re.search(r"(?:^|/)generator", name)]
    found = _by_part(sorted(inside or shapes, key=_natural), shapes.get, lambda n: n)
    in_graph = list(family.weights)
    by_name = sorted(in_graph, key=lambda weight: _natural(weight.tf1))
    matches = []
    for weights in (in_graph, by_name):
        wanted = _by_part(weights, expected.get, lambda weight: weight.tf1)
        fits = found.keys() == wanted.keys() and all(
            [_size(shapes[name]) for name in found[part]]
            == [_size(expected[weight]) for weight in wanted[part]]
            for part in wanted
        )
        if fits:
            matches.append(
                {
                    weight: name
                    for part in wanted
                    for weight, name in zip(wanted[part], found[part], strict=True)
                }
            )
    if not matches or any(match != matches[0] for match in matches):
        return None
    return Match(matches[0], by="order and shape")


def guess_family(matches: dict[str, Match], path) -> str:
    """Return the only family whose match is complete.

    Raises:
        ValueError: If none or several are.
    """
    complete = [name for name, match in matches.items() if match.is_complete]
    if len(complete) == 1:
        return complete[0]
    if complete:
        raise ValueError(
            f"{str(path)!r} fits several families, {', '.join(complete)}; give the "
            "right one with `family`"
        )
    name, match = max(matches.items(), key=lambda item: len(item[1].sources))
    total, found = len(FAMILIES[name].weights), len(match.sources)
    nearest = (
        f"The nearest is {name}, of whose {total} weights {found} were found"
        + describe_differences(match.missing, match.unknown)
        if found
        else "None of the known names were found"
        + describe_differences((), match.unknown)
    )
    raise ValueError(
        f"The family of {str(path)!r} cannot be told from its names; give it with "
        f"`family`, one of {', '.join(matches)}. {nearest}"
    )


def describe_differences(missing=(), unknown=(), wrong=()) -> str:
    """Return what differs, for an error message; empty if nothing does."""
    parts = [
        f"; {word}: {_list(names)}"
        for word, names in (
            ("missing", missing),
            ("unknown", unknown),
            ("of another shape", wrong),
        )
        if names
    ]
    return "".join(parts)


def _list(names) -> str:
    more = len(names) - _MAX_LISTED
    listed = ", ".join(names[:_MAX_LISTED])
    return listed if more <= 0 else f"{listed} and {more} more"


def _natural(name: str) -> list:
    """Key of the natural order: a name without a number comes before number 1."""
    return [
        [
            int(part) if part.isdecimal() else part
            for part in re.split(r"_?(\d+)", level)
        ]
        for level in name.lower().split("/")
    ]


def _by_part(items, shape_of, name_of) -> dict:
    """Group items by the part they play: kernels, scales, shifts and the like."""
    groups = {}
    for item in items:
        leaf = re.sub(r"_\d+$", "", name_of(item).rpartition("/")[2])
        part = "kernel" if len(shape_of(item)) > 1 else leaf
        for names in _PARTS:
            if leaf in names:
                part = names[0]
        groups.setdefault(part, []).append(item)
    return groups


def _size(shape) -> tuple[int, ...]:
    # Tables of attentions may have a leading axis of length 1.
    return tuple(shape[1:]) if len(shape) == 3 and shape[0] == 1 else tuple(shape)


def to_keras(array: np.ndarray, *, is_torch: bool) -> np.ndarray:
    """Arrange an array as Keras does: kernels are height, width, input, output.

    Args:
        array: Kernel of a convolution, or a vector. A depthwise kernel is
            `(height, width, channels, 1)` in TensorFlow and
            `(channels, 1, height, width)` in PyTorch and ONNX.
        is_torch: Whether kernels are arranged as in PyTorch and ONNX, output, input,
            height, width.
    """
    if array.ndim == 3 and array.shape[0] == 1:
        return array[0]
    if not is_torch or array.ndim != 4:
        return array
    outputs, inputs = array.shape[:2]
    is_depthwise = inputs == 1 and outputs > 1
    return array.transpose((2, 3, 0, 1) if is_depthwise else (2, 3, 1, 0))
