"""Import published weights into a generator."""

import dataclasses
from pathlib import Path

import keras
import numpy as np

from animegan_tf.importing.families import FAMILIES, Family, Weight
from animegan_tf.importing.matching import (
    Match,
    describe_differences,
    guess_family,
    match_by_order,
    match_tf1_names,
    match_torch_names,
    to_keras,
)
from animegan_tf.importing.onnx_file import is_onnx_file, read_onnx_weights
from animegan_tf.importing.onnx_matching import guess_onnx_family, match_onnx
from animegan_tf.importing.tf1_checkpoint import (
    find_tf1_checkpoint,
    read_tf1_checkpoint,
)
from animegan_tf.importing.torch_file import is_torch_file, read_torch_state
from animegan_tf.models.arguments import check_choice
from animegan_tf.models.generators import build_generator
from animegan_tf.models.layers.license_notice import add_notice

TORCH_SUFFIXES = (".pt", ".pth")


@dataclasses.dataclass(frozen=True)
class ImportReport:
    """What was imported.

    Attributes:
        family: Name of the generator, as for `build_generator`.
        source: Format of the file: `"TensorFlow 1"`, `"PyTorch"` or `"ONNX"`.
        notice: License of the weights, which the network keeps.
        matched: `(name in the file, weight, shape)` of every weight.
        by: How they were matched: `"name"`, `"order and shape"` or `"graph order"`.
    """

    family: str
    source: str
    notice: str
    matched: tuple[tuple[str, str, tuple[int, ...]], ...]
    by: str


def import_generator(
    path, family: str | None = None, *, align_corners: bool | None = None
) -> tuple[keras.Model, ImportReport]:
    """Import published weights of the AnimeGAN family.

    Files are read without running code of theirs, and without their framework. The
    network computes what the original does; its images are RGB in any case.

    Args:
        path: Checkpoint of TensorFlow 1 (its prefix, one of its files, or its folder)
            of `FAMILIES`; PyTorch state dict, `.pt` or `.pth`, of animegan2-pytorch;
            or ONNX file of AnimeGANv2 or AnimeGANv3.
        family: Key of `FAMILIES`; `None` tells it from the file.
        align_corners: Resizing of a PyTorch or ONNX network: whether the corners of
            the maps are aligned. `None` is `True` for PyTorch, the default of
            animegan2-pytorch, and for ONNX what the file says.

    Returns:
        `(generator, report)`: a `keras.Model` that keeps the license of the weights,
        and an `ImportReport`.

    Raises:
        FileNotFoundError: If there is no such file.
        ModuleNotFoundError: If the file is ONNX and the package onnx is not installed.
        ValueError: If the file is damaged or of another format, or its arrays are not
            those of the family; the message names them.
    """
    if family is not None:
        check_choice(FAMILIES, family=family)
    path = Path(path)
    prefix = find_tf1_checkpoint(path)
    if prefix is not None:
        if align_corners is not None:
            raise ValueError(
                "`align_corners` is for PyTorch and ONNX files; TensorFlow 1 has one "
                f"kind of resizing. Received: align_corners={align_corners}"
            )
        return _import_tf1(path, prefix, family)
    if not path.is_file():
        what = "file in this folder" if path.is_dir() else "such file"
        raise FileNotFoundError(f"No {what} that holds weights: {str(path)!r}")
    if is_onnx_file(path):
        return _import_onnx(path, family, align_corners)
    if path.suffix.lower() in TORCH_SUFFIXES or is_torch_file(path):
        return _import_torch(path, family, align_corners)
    raise ValueError(
        "`path` must be a TensorFlow 1 checkpoint, a .pt or .pth file of PyTorch, or "
        f"an .onnx file. Received: {str(path)!r}"
    )


def _import_tf1(path, prefix, name):
    arrays = read_tf1_checkpoint(prefix)
    if name is None:
        matches = {f.name: match_tf1_names(f, arrays) for f in FAMILIES.values()}
        name = guess_family(matches, path)
    family = FAMILIES[name]
    generator = build_generator(name, **family.options)
    match = match_tf1_names(family, arrays)
    if not match.is_complete:
        shapes = {key: array.shape for key, array in arrays.items()}
        match = match_by_order(family, shapes, _shapes(generator, family)) or match
    arrays = {key: to_keras(array, is_torch=False) for key, array in arrays.items()}
    return _finish(path, generator, family, match, arrays, "TensorFlow 1")


def _import_torch(path, name, align_corners):
    arrays = read_torch_state(path)
    ported = {f.name: f for f in FAMILIES.values() if f.torch_notice is not None}
    if name is None:
        matches = {f.name: match_torch_names(f, arrays) for f in ported.values()}
        name = guess_family(matches, path)
    if name not in ported:
        raise ValueError(
            f"`family` of a PyTorch file must be one of {', '.join(ported)}. "
            f"Received: family={name!r}"
        )
    family = ported[name]
    aligned = align_corners is None or align_corners
    options = {"resize": "align_corners" if aligned else "half_pixel"}
    generator = build_generator(name, **options)
    match = match_torch_names(family, arrays)
    arrays = {key: to_keras(array, is_torch=True) for key, array in arrays.items()}
    family = dataclasses.replace(family, notice=family.torch_notice)
    return _finish(path, generator, family, match, arrays, "PyTorch")


def _import_onnx(path, name, align_corners):
    graph = read_onnx_weights(path)
    if name is None:
        name = guess_onnx_family(graph, path)
    family = FAMILIES[name]
    options = dict(family.options)
    if align_corners is not None:
        options["resize"] = "align_corners" if align_corners else "half_pixel"
    elif graph.resize is not None:
        options["resize"] = graph.resize
    if graph.is_torch and family.torch_notice is not None:
        options.pop("epsilon", None)
        family = dataclasses.replace(family, notice=family.torch_notice)
    generator = build_generator(name, **options)
    match, arrays = match_onnx(family, graph, _shapes(generator, family), path)
    return _finish(path, generator, family, match, arrays, "ONNX")


def _finish(path, generator, family: Family, match: Match, arrays, source):
    """Check all arrays, assign them, and add the license."""
    shapes = _shapes(generator, family)
    wrong = [
        f"{name} {arrays[name].shape} instead of {shapes[weight]}"
        for weight, name in match.sources.items()
        if arrays[name].shape != shapes[weight]
    ]
    if wrong or not match.is_complete:
        raise ValueError(
            f"The weights in {str(path)!r} are not those of {family.name}"
            + describe_differences(match.missing, match.unknown, wrong)
        )
    for weight, name in match.sources.items():
        values = np.asarray(arrays[name], "float32")
        if not np.isfinite(values).all():
            raise ValueError(f"{name} in {str(path)!r} is not finite.")
        if family.is_bgr:
            values = _swap_red_and_blue(values, weight, family)
        _variable(generator, weight).assign(values)
    matched = tuple(
        (name, weight.name, shapes[weight]) for weight, name in match.sources.items()
    )
    report = ImportReport(family.name, source, family.notice, matched, match.by)
    return add_notice(generator, family.notice), report


def _swap_red_and_blue(values, weight: Weight, family: Family):
    """Turn the first and the last convolution of a BGR network into those for RGB."""
    first, last = family.weights[0], family.weights[-1]
    if weight == first:
        return values[:, :, ::-1]
    return values[..., ::-1] if weight.layer == last.layer else values


def _variable(generator, weight: Weight):
    return getattr(generator.get_layer(weight.layer), weight.attribute)


def _shapes(generator, family: Family) -> dict[Weight, tuple[int, ...]]:
    return {w: tuple(_variable(generator, w).shape) for w in family.weights}
