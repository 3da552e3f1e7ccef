import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from animegan_tf.cli import main
from animegan_tf.imaging.reading import read_image
from animegan_tf.imaging.writing import write_image
from animegan_tf.inference.preview import arrange_sheet, preview_styles
from animegan_tf.inference.stylizer import Stylizer
from animegan_tf.presets import list_styles


@pytest.fixture
def photo_file(tmp_path, photo):
    return write_image(photo, tmp_path / "photo.png")


@pytest.mark.slow
def test_sheet_has_the_photo_and_every_bundled_style(photo, photo_file, tmp_path):
    output = tmp_path / "sheet.png"
    assert main(["preview", str(photo_file), "-o", str(output)]) == 0
    pictures = {"photo": photo}
    for name in list_styles():
        pictures[name] = Stylizer.from_preset(name)(photo)
    assert np.array_equal(read_image(output), arrange_sheet(list(pictures.items())))
    assert b"compositeWithTrainedAlgorithmicMedia" in output.read_bytes()


def test_each_picture_is_in_its_cell_above_its_label():
    pictures = [(str(n), np.full((40, 60, 3), 40 * n, np.uint8)) for n in range(5)]
    sheet = arrange_sheet(pictures)
    # Cells of 61x55 pixels after a margin of 1: three in the first row, then two.
    assert sheet.shape == (2 * 55 + 1, 3 * 61 + 1, 3)
    for n in range(5):
        left, top = 1 + n % 3 * 61, 1 + n // 3 * 55
        assert (sheet[top : top + 40, left : left + 60] == 40 * n).all()
        assert (sheet[top + 40 : top + 54, left : left + 60] < 128).any()
    assert (sheet[56:, 1 + 2 * 61 :] == 255).all()


def test_names_of_different_styles_look_different():
    picture = np.zeros((64, 64, 3), np.uint8)
    first, second = (arrange_sheet([(name, picture)]) for name in ("ink", "soft"))
    assert not np.array_equal(first, second)


def test_large_photo_is_reduced_and_a_small_one_is_not():
    photo = np.zeros((100, 200, 3), np.uint8)
    for size, (height, width) in ((64, (32, 64)), (512, (100, 200))):
        sheet = preview_styles(photo, [], size=size)
        picture = np.zeros((height, width, 3), np.uint8)
        assert np.array_equal(sheet, arrange_sheet([("photo", picture)]))


def test_default_output_is_named_after_the_photo(photo_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photo-styles.png").write_bytes(b"kept")
    assert main(["preview", str(photo_file)]) == 2
    assert (tmp_path / "photo-styles.png").read_bytes() == b"kept"


def test_mistakes_are_one_line(photo_file, tmp_path, assert_error_line):
    for arguments, part in (
        ([tmp_path / "missing.png"], "missing.png"),
        ([photo_file, "-o", photo_file, "--overwrite"], "overwrite the source"),
        ([photo_file, "-o", tmp_path / "sheet.txt"], "`output` must end in"),
    ):
        assert main(["preview", *map(str, arguments)]) == 2
        assert_error_line(part)


def test_no_command_prints_the_help(capsys):
    assert main([]) == 0
    output = capsys.readouterr()
    assert output.out.startswith("usage: animegan-tf") and "preview" in output.out
    assert output.err == ""


def run_command(*arguments, data=b""):
    return subprocess.run(
        [sys.executable, "-m", "animegan_tf", *map(str, arguments)],
        input=data,
        capture_output=True,
        timeout=300,
    )


@pytest.mark.slow
def test_stylize_reads_and_writes_the_standard_streams(photo, photo_file, tmp_path):
    style = list_styles()[0]
    data = photo_file.read_bytes()
    result = run_command("stylize", "-", "-o", "-", "--style", style, data=data)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(b"\x89PNG")
    (tmp_path / "out.png").write_bytes(result.stdout)
    expected = tmp_path / "expected.png"
    assert (
        main(["stylize", str(photo_file), "-o", str(expected), "--style", style]) == 0
    )
    assert np.array_equal(read_image(tmp_path / "out.png"), read_image(expected))
    assert b"Wrote" in result.stderr


def stylize(monkeypatch, data, *arguments):
    stream = io.TextIOWrapper(io.BytesIO(data))
    monkeypatch.setattr("sys.stdin", stream)
    return main(["stylize", *map(str, arguments)])


def test_standard_output_has_the_given_format(photo_file, capfdbinary):
    style = list_styles()[0]
    arguments = ["stylize", str(photo_file), "-o", "-", "--strength", "0"]
    assert main([*arguments, "--style", style, "--format", "webp"]) == 0
    data = capfdbinary.readouterr().out
    assert (data[:4], data[8:12]) == (b"RIFF", b"WEBP")


def test_standard_input_to_a_file(photo, photo_file, tmp_path, monkeypatch):
    data = photo_file.read_bytes()
    output = tmp_path / "out.png"
    arguments = ["-", "-o", output, "--strength", "0", "--style", list_styles()[0]]
    assert stylize(monkeypatch, data, *arguments) == 0
    with Image.open(output) as image:
        assert np.array_equal(np.asarray(image), photo)
    assert sorted(tmp_path.iterdir()) == [output, photo_file]


def test_standard_input_that_is_no_image_is_one_line(monkeypatch, assert_error_line):
    assert stylize(monkeypatch, b"text", "-", "-o", "out.png") == 2
    assert_error_line("Not an image that can be read: '-'")


def test_standard_input_excludes_other_images(monkeypatch, assert_error_line):
    assert stylize(monkeypatch, b"", "-", "a.png", "-o", "out") == 2
    assert_error_line("`-` stands for a single image")
