"""Export a generator, check the export in its own runtime, and write a report."""

import dataclasses
import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf

from animegan_tf.export import onnx_format, tensorflow_formats
from animegan_tf.export.images import fit_image, read_test_images
from animegan_tf.export.requirements import check_offered
from animegan_tf.export.smooth_areas import measure_unevenness, smooth_images
from animegan_tf.export.source import ExportSource, read_source
from animegan_tf.models.arguments import check_choice

# The largest difference allowed in float32, in the range [-1, 1]; and the smallest
# PSNR in the other precisions, in dB.
MAX_DIFFERENCE = 1e-3
MIN_PSNR = {"float16": 40.0, "int8": 32.0}
# The largest fine pattern and the largest step that 8 bits may add to smooth areas, in
# levels: a pattern of one level can be seen in a sky.
MAX_PATTERN, MAX_STEP = 0.5, 4.0
PRECISIONS = ("float32", "float16", "int8")
_LATENCY_SIZE = (512, 512)
_RUNS = 5


@dataclasses.dataclass(frozen=True)
class Format:
    """A format of exports.

    Attributes:
        suffix: Suffix of the file, or of the folder.
        precisions: Those that it has.
        write: Function of the source, the path and the precision.
        load: Function from the path to a function of float32 images in [-1, 1].
        fixed_size: Whether the size of the images can be fixed.
        companion: Suffix of a second file.
    """

    suffix: str
    precisions: tuple[str, ...]
    write: Callable
    load: Callable
    fixed_size: bool = True
    companion: str | None = None


FORMATS = {
    "onnx": Format(".onnx", PRECISIONS, onnx_format.write_onnx, onnx_format.load_onnx),
    "litert": Format(
        ".tflite",
        PRECISIONS,
        tensorflow_formats.write_litert,
        tensorflow_formats.load_litert,
    ),
    "saved_model": Format(
        "",
        ("float32",),
        tensorflow_formats.write_saved_model,
        tensorflow_formats.load_saved_model,
    ),
    "openvino": Format(
        ".xml",
        PRECISIONS,
        onnx_format.write_openvino,
        onnx_format.load_openvino,
        companion=".bin",
    ),
    "keras": Format(
        ".keras",
        ("float32",),
        tensorflow_formats.write_keras,
        tensorflow_formats.load_keras,
        fixed_size=False,
    ),
}


@dataclasses.dataclass(frozen=True)
class ExportReport:
    """How an export compares with its original.

    Attributes:
        path: The export.
        format: Key of `FORMATS`.
        precision: `"float32"`, `"float16"` or `"int8"`.
        size: `"dynamic"`, or the height and width, such as `"512x512"`.
        opset: Version of the ONNX operators; `None` in other formats.
        num_bytes: Size of its files.
        num_images: Number of images compared.
        max_difference: Largest difference of a value, in the range [-1, 1].
        max_levels: The same in levels of 255.
        psnr: Lowest peak signal-to-noise ratio of an image, in dB; infinite if equal.
        pattern: Fine pattern that it adds to smooth areas, in levels; see
            `measure_unevenness`.
        step: Largest step that it adds to them, in levels.
        latency_ratio: Time of the original in TensorFlow divided by that of the export
            in its runtime, medians of alternating runs on one image.
        limit: What it had to keep.
        passed: Whether it did.
        license: License of imported weights, if they have one.
    """

    path: Path
    format: str
    precision: str
    size: str
    opset: int | None
    num_bytes: int
    num_images: int
    max_difference: float
    max_levels: float
    psnr: float
    pattern: float
    step: float
    latency_ratio: float
    limit: str
    passed: bool
    license: str | None = None


class ExportError(ValueError):
    """An export differs too much from its original.

    Attributes:
        report: The `ExportReport`.
    """

    def __init__(self, report: ExportReport):
        super().__init__(
            f"The export to {report.format} in {report.precision} must keep "
            f"{report.limit}. Received: max |d| {report.max_difference:.2g}, PSNR "
            f"{report.psnr:.1f} dB, in smooth areas a pattern of {report.pattern:.2f} "
            f"and steps of {report.step:.2f} levels; it was deleted"
        )
        self.report = report


def export_generator(
    generator,
    to: str,
    folder,
    *,
    precision: str = "float32",
    size: tuple[int, int] | None = None,
    images=None,
    overwrite: bool = False,
) -> ExportReport:
    """Export a generator, and compare the export with the original in its own runtime.

    Beside the export, `NAME.report.json` and `NAME.report.md` are written. An export
    that differs too much is deleted; its report stays.

    Args:
        generator: A `keras.Model` from images of any size in [-1, 1] to such images;
            or anything `load_generator` takes.
        to: Format, a key of `FORMATS`.
        folder: Output folder, made if missing.
        precision: `"float32"`; `"float16"`, weights of half the size; or `"int8"`.
        size: Height and width of the images in pixels; `None` for any size.
        images: Folder of images to compare on; `None` generates three.
        overwrite: Whether to replace an existing export.

    Returns:
        An `ExportReport`.

    Raises:
        ExportError: If the export differs by more than 0.001 in [-1, 1] in float32, or
            has a PSNR below 40 dB in float16 or below 32 dB in int8; or if int8 adds a
            pattern or bands to smooth areas.
        FileExistsError: If the export exists and `overwrite` is false.
        FileNotFoundError: If the generator or the folder of images does not exist.
        ModuleNotFoundError: If a package is missing that the format needs.
        ValueError: If an argument is out of range.
    """
    check_offered(to)
    check_choice(FORMATS, to=to)
    check_choice(PRECISIONS, precision=precision)
    _check_combination(to, precision, size)
    test_images = read_test_images(images)
    source = read_source(generator, size)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{source.name}-{precision}"
    if size is not None:
        stem += f"-{size[0]}x{size[1]}"
    format_ = FORMATS[to]
    target = folder / f"{stem}{format_.suffix}"
    if target.exists() and not overwrite:
        raise FileExistsError(
            f"{str(target)!r} already exists; add --overwrite to replace it"
        )
    # Until it is checked, the export is where nobody takes it for good.
    with tempfile.TemporaryDirectory(dir=folder, prefix=".export-") as temporary:
        path = Path(temporary) / target.name
        format_.write(source, path, precision)
        report = _compare(source, to, precision, path, test_images)
        report = dataclasses.replace(report, path=target)
        _write_report(report, folder / f"{stem}.{to}.report.json")
        if not report.passed:
            raise ExportError(report)
        _replace(path, target)
        if format_.companion:
            _replace(
                path.with_suffix(format_.companion),
                target.with_suffix(format_.companion),
            )
    return report


def _check_combination(to, precision, size):
    format_ = FORMATS[to]
    if precision not in format_.precisions:
        raise ValueError(
            f"`precision` must be one of {', '.join(format_.precisions)} for {to}. "
            f"Received: precision={precision!r}"
        )
    if size is not None and not format_.fixed_size:
        raise ValueError(f"`size` must be None for {to}. Received: size={size}")


def _compare(source: ExportSource, to, precision, path, images) -> ExportReport:
    exported = FORMATS[to].load(path)
    original = _compile(source.generator)

    def compare(image):
        photo = _to_batch(fit_image(image, source.size, source.multiple))
        return exported(photo), original(photo)

    pairs = (_difference(*compare(image)) for image in images)
    differences, values = zip(*pairs, strict=True)
    pairs = (_unevenness(*compare(image)) for image in smooth_images())
    patterns, steps = zip(*pairs, strict=True)
    largest, lowest = max(differences), min(values)
    pattern, step = max(patterns), max(steps)
    if precision == "float32":
        limit, passed = f"|d| <= {MAX_DIFFERENCE}", largest <= MAX_DIFFERENCE
    else:
        smallest = MIN_PSNR[precision]
        limit, passed = f"PSNR >= {smallest:g} dB", lowest >= smallest
    if precision == "int8":
        limit += f", pattern <= {MAX_PATTERN:g} and steps <= {MAX_STEP:g} levels"
        passed = passed and pattern <= MAX_PATTERN and step <= MAX_STEP
    return ExportReport(
        path=path,
        format=to,
        precision=precision,
        size="dynamic" if None in source.size else "x".join(map(str, source.size)),
        opset=_read_opset(path) if to == "onnx" else None,
        num_bytes=_count_bytes(path.parent),
        num_images=len(images),
        max_difference=largest,
        max_levels=largest * 127.5,
        psnr=lowest,
        pattern=pattern,
        step=step,
        latency_ratio=_measure_latency_ratio(source, exported, original, images[0]),
        limit=limit,
        passed=bool(passed),
        license=source.license,
    )


def _compile(generator):
    run = tf.function(
        lambda images: generator(images, training=False), reduce_retracing=True
    )
    return lambda images: run(tf.constant(images)).numpy()


def _difference(result, expected):
    """Return the largest difference in [-1, 1], and the PSNR of the levels in dB."""
    if result.shape != expected.shape or not np.isfinite(result).all():
        return float("inf"), 0.0
    difference = result.astype(np.float64) - expected
    error = np.mean((difference * 127.5) ** 2)
    psnr = 10 * np.log10(255**2 / error) if error else float("inf")
    return float(np.abs(difference).max()), float(psnr)


def _unevenness(result, expected):
    """Return the pattern and the step in levels that a smooth image gets."""
    if result.shape != expected.shape or not np.isfinite(result).all():
        return float("inf"), float("inf")
    return measure_unevenness(result[0] * 127.5, expected[0] * 127.5)


def _measure_latency_ratio(source, exported, original, image):
    size = _LATENCY_SIZE if None in source.size else source.size
    photo = _to_batch(fit_image(image, size, source.multiple))
    seconds = {exported: [], original: []}
    for index in range(_RUNS + 1):
        for run, own in seconds.items():
            start = time.perf_counter()
            run(photo)
            # The first run allocates and compiles.
            if index:
                own.append(time.perf_counter() - start)
    return statistics.median(seconds[original]) / statistics.median(seconds[exported])


def _to_batch(image):
    return image[np.newaxis].astype(np.float32) / np.float32(127.5) - np.float32(1.0)


def _read_opset(path):
    import onnx

    return onnx.load(str(path)).opset_import[0].version


def _count_bytes(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _write_report(report: ExportReport, path: Path) -> None:
    """Write a report as JSON and, beside it, as Markdown."""
    values = dataclasses.asdict(report) | {"path": report.path.name}
    # JSON has no infinity.
    values = {k: None if v == float("inf") else v for k, v in values.items()}
    path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    rows = {
        "format": report.format,
        "precision": report.precision,
        "size of the images": report.size,
        "opset": report.opset,
        "file size": f"{report.num_bytes / 1e6:.2f} MB",
        "images compared": report.num_images,
        "largest difference": f"{report.max_difference:.2g} in [-1, 1], "
        f"{report.max_levels:.2g} levels",
        "lowest PSNR": f"{report.psnr:.1f} dB",
        "added to smooth areas": f"a pattern of {report.pattern:.2g} and steps of "
        f"{report.step:.2g} levels",
        "times as fast as TensorFlow": f"{report.latency_ratio:.2f}",
        "limit": f"{report.limit}: {'kept' if report.passed else 'NOT KEPT, deleted'}",
        "license of the weights": report.license,
    }
    lines = [f"# {report.path.name}", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in rows.items() if value]
    path.with_suffix(".md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _replace(path: Path, target: Path) -> None:
    if target.is_dir():
        shutil.rmtree(target)
    os.replace(path, target)
