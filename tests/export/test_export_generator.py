import dataclasses
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.export import tensorflow_formats
from animegan_tf.export.export_generator import (
    FORMATS,
    MAX_PATTERN,
    MAX_STEP,
    MIN_PSNR,
    ExportError,
    export_generator,
)
from animegan_tf.imaging.arrays import to_float
from animegan_tf.imaging.writing import write_image
from animegan_tf.inference.stylizer import Stylizer
from animegan_tf.models.generators import build_generator
from animegan_tf.models.layers.license_notice import add_notice

PACKAGES = {"onnx": ("onnx", "onnxruntime"), "openvino": ("onnx", "openvino")}
PACKAGES["litert"] = ("ai_edge_litert",)


def need(to):
    for package in PACKAGES.get(to, ()):
        pytest.importorskip(package)


def read_report(folder, to):
    [path] = folder.glob(f"*.{to}.report.json")
    assert path.with_suffix(".md").read_text().startswith("# ")
    return json.loads(path.read_text())


def check_report(report, folder, to, precision):
    assert report.passed and report.path.exists() and report.path.parent == folder
    values = read_report(folder, to)
    assert (values["format"], values["precision"]) == (to, precision)
    assert values["path"] == report.path.name
    assert values["latency_ratio"] > 0
    # Nothing temporary stays.
    assert not list(folder.glob(".export-*"))


@pytest.mark.parametrize("precision", ["float32", "float16", "int8"])
def test_default_generator_to_onnx(tmp_path, run, precision):
    need("onnx")
    report = export_generator(run, "onnx", tmp_path, precision=precision)
    check_report(report, tmp_path, "onnx", precision)
    assert report.opset == 17
    assert report.num_bytes == report.path.stat().st_size
    if precision == "float32":
        assert report.max_difference <= 1e-4
    else:
        assert report.psnr >= {"float16": 40, "int8": 32}[precision]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("to", "precision"),
    [
        *(("openvino", precision) for precision in ("float32", "float16", "int8")),
        *(("litert", precision) for precision in ("float32", "float16", "int8")),
        ("saved_model", "float32"),
        ("keras", "float32"),
    ],
)
def test_default_generator_to_other_formats(tmp_path, run, to, precision):
    need(to)
    report = export_generator(run, to, tmp_path, precision=precision)
    check_report(report, tmp_path, to, precision)
    if precision == "float32":
        assert report.max_difference <= 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("to", ["onnx", "openvino", "litert", "saved_model"])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("resnet", {"num_blocks": 1}),
        ("animegan_v2", {"resize": "legacy", "epsilon": 1e-12}),
        ("animegan_v3", {"resize": "legacy", "slots": 8}),
        ("white_box", {"resize": "legacy", "num_blocks": 1}),
    ],
)
def test_other_generators_are_exported_too(tmp_path, to, name, options):
    need(to)
    keras.utils.set_random_seed(0)
    generator = build_generator(name, width=4, **options)
    report = export_generator(generator, to, tmp_path, size=(64, 96))
    check_report(report, tmp_path, to, "float32")


def test_fixed_size_is_part_of_the_file(tmp_path, run):
    need("onnx")
    import onnxruntime

    report = export_generator(run, "onnx", tmp_path, size=(64, 96))
    assert report.size == "64x96" and report.path.name == "tiny-float32-64x96.onnx"
    session = onnxruntime.InferenceSession(str(report.path))
    assert session.get_inputs()[0].shape == ["batch", 64, 96, 3]
    with pytest.raises(onnxruntime.capi.onnxruntime_pybind11_state.InvalidArgument):
        session.run(None, {"photo": np.zeros((1, 64, 64, 3), np.float32)})


def test_dynamic_file_accepts_other_sizes_and_batches(tmp_path, run, generator):
    need("onnx")
    path = export_generator(run, "onnx", tmp_path).path
    photos = np.random.default_rng(0).uniform(-1, 1, (2, 72, 104, 3))
    photos = photos.astype(np.float32)
    stylized = FORMATS["onnx"].load(path)(photos)
    assert stylized == pytest.approx(generator(photos).numpy(), abs=1e-4)


def test_own_images_are_compared(tmp_path, run):
    need("onnx")
    images = tmp_path / "images"
    images.mkdir()
    for index in range(2):
        noise = np.random.default_rng(index).integers(0, 256, (33, 71, 3))
        write_image(noise.astype(np.uint8), images / f"{index}.png")
    report = export_generator(run, "onnx", tmp_path / "out", images=images)
    assert report.num_images == 2


@pytest.mark.slow
def test_export_that_differs_is_deleted_and_reported(tmp_path, run):
    need("litert")
    # 8 bits cannot resolve what the last activation then magnifies.
    generator = keras.models.clone_model(
        build_generator("anime", width=4, num_blocks=1)
    )
    head = generator.get_layer("head")
    kernel, bias = head.get_weights()
    head.set_weights([kernel * 300, bias])
    with pytest.raises(ExportError, match="PSNR >= 32 dB.*it was deleted") as caught:
        export_generator(generator, "litert", tmp_path, precision="int8")
    assert not caught.value.report.passed
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".md"}
    assert read_report(tmp_path, "litert")["passed"] is False


@pytest.fixture
def export_copy(generator, tmp_path, monkeypatch):
    """Function that exports to a format whose runtime spoils the exact levels.

    Its argument is a function from levels of 255, `(height, width, 3)`, to such levels.
    """

    def export(spoil):
        def load(path):
            network = tensorflow_formats.load_keras(path)
            return lambda images: spoil(network(images) * 127.5) / np.float32(127.5)

        format_ = FORMATS["keras"]
        stub = dataclasses.replace(format_, precisions=("float32", "int8"), load=load)
        stub = dataclasses.replace(
            stub, write=lambda source, path, _: format_.write(source, path, "float32")
        )
        monkeypatch.setitem(FORMATS, "keras", stub)
        return export_generator(generator, "keras", tmp_path, precision="int8")

    return export


@pytest.mark.slow
def test_bands_in_smooth_areas_are_refused_though_images_are_near(
    export_copy, tmp_path
):
    def add_bands(levels):
        rows = np.arange(levels.shape[1])[:, np.newaxis, np.newaxis]
        return levels + (rows // 48 % 2 * 6.0 - 3.0)

    with pytest.raises(ExportError, match="steps <= 4 levels") as caught:
        export_copy(add_bands)
    report = caught.value.report
    # The PSNR alone would let them pass.
    assert report.psnr > MIN_PSNR["int8"]
    assert report.step == pytest.approx(6.0, abs=0.01)
    assert report.step > MAX_STEP and report.pattern < MAX_PATTERN
    assert f"steps of {report.step:.2f} levels; it was deleted" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert {path.suffix for path in tmp_path.iterdir()} >= {".json", ".md"}
    assert not list(tmp_path.glob("*.keras"))
    assert read_report(tmp_path, "keras")["passed"] is False


@pytest.mark.slow
def test_a_fine_pattern_in_smooth_areas_is_refused(export_copy):
    def add_checkerboard(levels):
        rows, columns = np.indices(levels.shape[1:3])
        return levels + ((rows + columns) % 2 * 2 - 1.0)[..., np.newaxis]

    with pytest.raises(ExportError, match="pattern <= 0.5") as caught:
        export_copy(add_checkerboard)
    report = caught.value.report
    assert report.pattern == pytest.approx(1.0, abs=0.01)
    assert report.psnr > MIN_PSNR["int8"] and report.step < MAX_STEP


@pytest.mark.slow
def test_less_than_a_level_in_smooth_areas_passes(export_copy):
    report = export_copy(np.round)
    assert report.passed
    assert 0.0 < report.pattern <= MAX_PATTERN and 0.0 < report.step <= MAX_STEP


def test_license_of_the_weights_is_in_the_report(tmp_path, generator):
    noted = add_notice(generator, "CC-BY-NC-4.0, by somebody")
    report = export_generator(noted, "keras", tmp_path)
    assert report.license == "CC-BY-NC-4.0, by somebody"
    assert (
        "CC-BY-NC-4.0"
        in report.path.with_name(f"{report.path.stem}.keras.report.md").read_text()
    )


@pytest.mark.slow
def test_second_signature_maps_files_to_png(tmp_path, run):
    path = export_generator(run, "saved_model", tmp_path).path
    stylize = tensorflow_formats.load_encoded(path)
    rng = np.random.default_rng(0)
    for size in [(1, 1), (5, 200), (101, 67)]:
        image = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
        png = tf.io.encode_png(image).numpy()
        gray = tf.io.encode_jpeg(image[..., :1]).numpy()
        results = [tf.io.decode_png(file).numpy() for file in stylize([png, gray])]
        expected = Stylizer.from_preset(run, engine="tensorflow")
        assert np.abs(results[0].astype(int) - expected(image)).max() <= 1
        decoded = tf.io.decode_jpeg(gray, channels=3).numpy()
        assert np.abs(results[1].astype(int) - expected(decoded)).max() <= 1


def test_existing_export_is_kept_unless_overwritten(tmp_path, run):
    export_generator(run, "keras", tmp_path)
    with pytest.raises(FileExistsError, match="--overwrite"):
        export_generator(run, "keras", tmp_path)
    assert export_generator(run, "keras", tmp_path, overwrite=True).passed


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"to": "onx"}, "`to` must be one of.*Did you mean 'onnx'"),
        ({"to": "tfjs"}, "no export to tfjs.*use onnx"),
        ({"to": "onnx", "precision": "int4"}, "`precision` must be one of"),
        ({"to": "keras", "precision": "int8"}, "must be one of float32 for keras"),
        ({"to": "keras", "size": (64, 64)}, "`size` must be None for keras"),
        ({"to": "onnx", "size": (64, 60)}, "divisible by 8.*size=\\(64, 60\\)"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_written(
    tmp_path, run, options, message
):
    with pytest.raises(ValueError, match=message):
        export_generator(run, folder=tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_generator_of_one_size_is_refused(tmp_path):
    photo = keras.Input((32, 32, 3))
    with pytest.raises(ValueError, match="images of any size"):
        export_generator(keras.Model(photo, photo), "keras", tmp_path)


def test_eight_bits_of_other_generators_name_another_format(
    tmp_path, identity_generator
):
    need("onnx")
    with pytest.raises(ValueError, match="litert quantizes every generator"):
        export_generator(identity_generator, "onnx", tmp_path, precision="int8")


@pytest.mark.parametrize("to", ["onnx", "openvino"])
def test_missing_package_names_the_extra(tmp_path, run, to, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, to, None)
    with pytest.raises(
        ModuleNotFoundError, match=r"pip install \"animegan_tf\[export\]"
    ):
        export_generator(run, to, tmp_path)


def test_saved_float_images_map_to_their_range(tmp_path, run, generator):
    path = export_generator(run, "keras", tmp_path).path
    photo = to_float(np.full((1, 64, 64, 3), 128, np.uint8))
    assert FORMATS["keras"].load(path)(photo) == pytest.approx(
        generator(photo).numpy(), abs=1e-6
    )


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "float16", "int8"])
def test_bundled_style_to_onnx(tmp_path, precision):
    need("onnx")
    report = export_generator("comic", "onnx", tmp_path, precision=precision)
    check_report(report, tmp_path, "onnx", precision)
