"""`animegan-tf import`, and what becomes of the license."""

import json

import numpy as np
import pytest
from PIL import Image

from animegan_tf.cli import build_parser, main
from animegan_tf.cli.import_weights import FAMILY_NAMES
from animegan_tf.imaging.arrays import to_float, to_uint8
from animegan_tf.imaging.reading import read_image
from animegan_tf.imaging.writing import write_image
from animegan_tf.importing.families import FAMILIES
from animegan_tf.inference.stylizer import Stylizer

LICENSE = FAMILIES["white_box"].notice


@pytest.fixture(scope="module")
def checkpoint(reference_of, tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved_models")
    reference_of("white_box").save(folder / "model-33999")
    return folder


@pytest.fixture(scope="module")
def style(checkpoint, tmp_path_factory):
    path = tmp_path_factory.mktemp("styles") / "white_box.keras"
    assert main(["import", str(checkpoint), "-o", str(path)]) == 0
    return path


def test_the_families_of_the_command_are_those_of_the_package():
    assert FAMILY_NAMES == tuple(FAMILIES)


def test_an_import_says_what_matched_and_the_license_once(checkpoint, tmp_path, capsys):
    output = tmp_path / "style.keras"
    command = ["import", str(checkpoint), "-o", str(output), "--list"]
    assert main(command) == 0
    text = capsys.readouterr().out
    assert text.count("License: ") == text.count(LICENSE) == 1
    assert "white_box from TensorFlow 1, 36 weights matched by name" in text
    assert "generator/Conv_1/weights -> down1.kernel 3x3x32x32" in text
    assert main(command) == 2
    assert "--overwrite replaces it" in capsys.readouterr().err
    assert main([*command, "--overwrite"]) == 0


def test_errors_are_one_line_and_leave_no_file(checkpoint, tmp_path, capsys):
    for arguments in (
        [str(checkpoint), "-o", str(tmp_path / "style.h5")],
        [str(checkpoint), "-o", str(tmp_path / "missing" / "style.keras")],
        [str(checkpoint), "-o", str(tmp_path / "s.keras"), "--family", "animegan_v2"],
        [str(checkpoint), "-o", str(tmp_path / "s.keras"), "--no-align-corners"],
        [str(tmp_path / "missing.pt"), "-o", str(tmp_path / "s.keras")],
    ):
        assert main(["import", *arguments]) == 2
        error = capsys.readouterr().err
        assert error.startswith("animegan-tf: error: ")
        assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_align_corners_has_three_values():
    read = build_parser().parse_args
    command = ["import", "x.pt", "-o", "x.keras"]
    assert read(command).align_corners is None
    assert read([*command, "--align-corners"]).align_corners is True
    assert read([*command, "--no-align-corners"]).align_corners is False


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tiff", ".gif"])
def test_stylized_images_name_the_license(style, photo, tmp_path, suffix):
    write_image(photo, tmp_path / "photo.png")
    output = tmp_path / f"anime{suffix}"
    command = ["stylize", str(tmp_path / "photo.png"), "-o", str(output)]
    assert main([*command, "--style", str(style)]) == 0
    with Image.open(output) as image:
        assert image.size == photo.shape[1::-1]
    assert LICENSE.encode() in output.read_bytes()
    plain = [*command, "--style", str(style), "--no-mark", "--overwrite"]
    assert main(plain) == 0
    assert LICENSE.encode() not in output.read_bytes()


@pytest.mark.slow
def test_stylized_videos_name_the_license(style, photo, tmp_path):
    av = pytest.importorskip("av", reason="PyAV reads and writes videos")
    with av.open(str(tmp_path / "in.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height = 64, 32
        stream.pix_fmt = "yuv420p"
        for _ in range(3):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(photo[:32, :64]))
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    output = tmp_path / "out.mp4"
    command = ["video", str(tmp_path / "in.mp4"), "-o", str(output)]
    assert main([*command, "--style", str(style)]) == 0
    with av.open(str(output)) as container:
        assert LICENSE in container.metadata["comment"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "to, package",
    [("onnx", "onnxruntime"), ("litert", "ai_edge_litert"), ("saved_model", None)],
)
def test_imported_networks_are_exported_with_their_license(
    style, tmp_path, to, package
):
    if package is not None:
        pytest.importorskip(package)
    command = ["export", "--style", str(style), "--to", to, "--size", "64x96"]
    assert main([*command, "-o", str(tmp_path)]) == 0
    [path] = tmp_path.glob("*.report.json")
    report = json.loads(path.read_text())
    assert report["passed"] and report["max_difference"] <= 1e-3
    assert report["license"] == LICENSE


@pytest.fixture(scope="module")
def whole_image_style(reference_of, tmp_path_factory):
    """AnimeGANv2, whose normalization takes statistics of the whole image."""
    folder = tmp_path_factory.mktemp("v2")
    prefix = reference_of("animegan_v2").save(folder / "Hayao-99.ckpt")
    path = folder / "v2.keras"
    assert main(["import", prefix, "-o", str(path)]) == 0
    return path


@pytest.mark.slow
def test_a_network_with_statistics_of_the_image_stylizes_files_as_the_reference_does(
    whole_image_style, reference_of, reflect, tmp_path, capsys
):
    photo = np.random.default_rng(3).integers(0, 256, (67, 93, 3), dtype=np.uint8)
    write_image(photo, tmp_path / "photo.png")
    command = ["stylize", str(tmp_path / "photo.png"), "-o", str(tmp_path / "a.png")]
    command += ["--style", str(whole_image_style)]
    assert main(command) == 0
    image = read_image(tmp_path / "a.png")
    padded = to_float(reflect(photo, "animegan_v2"))[np.newaxis]
    expected = to_uint8(reference_of("animegan_v2")(padded)[0, :67, :93])
    assert np.abs(image.astype(int) - expected).max() <= 1
    stylizer = Stylizer.from_preset(str(whole_image_style))
    np.testing.assert_array_equal(stylizer(photo), image)
    assert stylizer.license == FAMILIES["animegan_v2"].notice
    # Tiles would have statistics of their own.
    capsys.readouterr()
    assert main([*command, "--tile", "64", "--overwrite"]) == 2
    error = capsys.readouterr().err
    assert "`tile` must be None or 'auto'" in error
    assert error.count("\n") == 1


@pytest.mark.slow
def test_a_network_with_statistics_of_the_image_is_exported(
    whole_image_style, reference_of, tmp_path, noise
):
    runtime = pytest.importorskip("onnxruntime")
    command = ["export", "--style", str(whole_image_style), "--to", "onnx"]
    assert main([*command, "--size", "64x96", "-o", str(tmp_path)]) == 0
    [path] = tmp_path.glob("*.report.json")
    report = json.loads(path.read_text())
    assert report["passed"] and report["max_difference"] <= 1e-3
    assert report["license"] == FAMILIES["animegan_v2"].notice
    session = runtime.InferenceSession(
        str(tmp_path / report["path"]), providers=["CPUExecutionProvider"]
    )
    photo = noise(64, 96)
    [image] = session.run(None, {session.get_inputs()[0].name: photo})
    assert np.abs(image - reference_of("animegan_v2")(photo)).max() <= 2e-3
