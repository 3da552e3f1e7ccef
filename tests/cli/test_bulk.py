import subprocess
import sys

import numpy as np
import pytest

from animegan_tf.cli import build_parser, main
from animegan_tf.imaging.reading import read_image
from animegan_tf.imaging.writing import write_image


def parse(*arguments):
    return build_parser().parse_args(["bulk", "in", "-o", "out", *arguments])


def test_options_of_the_network_are_those_of_stylize():
    options = vars(parse())
    stylize = vars(build_parser().parse_args(["stylize", "in", "-o", "out"]))
    shared = options.keys() & stylize.keys() - {"input", "run"}
    assert {"style", "strength", "engine", "format", "quality", "faces"} <= shared
    assert {name: options[name] for name in shared} == {
        name: stylize[name] for name in shared
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--workers", "0"], "--workers: must be at least 1, not 0"),
        (["--worker-cpus", "none"], "--worker-cpus: must be at least 1, not none"),
        (["--format", "gif"], "--format: invalid choice"),
    ],
)
def test_impossible_options_are_one_line(arguments, message, assert_error_line):
    with pytest.raises(SystemExit) as error:
        parse(*arguments)
    assert error.value.code == 2
    assert_error_line(message)


def test_missing_ray_is_one_line(tmp_path, monkeypatch, assert_error_line):
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main(["bulk", str(tmp_path), "-o", str(tmp_path / "out")]) == 2
    assert_error_line('pip install "animegan_tf[cluster]"')
    assert not (tmp_path / "out").exists()


def test_image_of_an_option_is_no_output(tmp_path, assert_error_line):
    write_image(np.zeros((8, 8, 3), np.uint8), tmp_path / "mask.png")
    arguments = ["--mask", str(tmp_path / "mask.png"), "--overwrite"]
    assert main(["bulk", "in", "-o", str(tmp_path), *arguments]) == 2
    assert_error_line("must not contain the image of an option")


@pytest.mark.slow
def test_bulk_writes_what_stylize_writes(tmp_path, photo):
    for name in ("ray", "onnx", "openvino"):
        pytest.importorskip(name)
    (tmp_path / "in" / "deep").mkdir(parents=True)
    write_image(photo, tmp_path / "in" / "a.png")
    write_image(photo[:, ::-1], tmp_path / "in" / "deep" / "b.jpg")
    (tmp_path / "in" / "text.jpg").write_text("text")
    options = ["--style", "comic", "--strength", "0.5", "--format", "png"]

    def run(*arguments):
        command = [sys.executable, "-m", "animegan_tf", *arguments]
        return subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=300
        )

    result = run("bulk", "in", "-o", "out", "--workers", "2", *options)
    assert result.returncode == 1
    assert result.stdout.startswith("Wrote 2 images to out in ")
    error = result.stderr.splitlines()[-1]
    assert error == "animegan-tf: error: 1 images failed, see out/report.parquet"
    for name in ("a.png", "deep/b.jpg"):
        assert run("stylize", f"in/{name}", "-o", "x.png", *options).returncode == 0
        written = tmp_path / "out" / name
        np.testing.assert_allclose(
            read_image(written.with_suffix(".png")).astype(int),
            read_image(tmp_path / "x.png"),
            atol=1,
        )
        (tmp_path / "x.png").unlink()
    (tmp_path / "in" / "text.jpg").unlink()
    result = run("bulk", "in", "-o", "out", *options)
    assert (result.returncode, result.stdout) == (0, "All 2 outputs already exist\n")
    result = run("bulk", "in", "-o", "out", "--style", "ink")
    assert result.returncode == 2
    assert "`output` has images of other settings" in result.stderr
