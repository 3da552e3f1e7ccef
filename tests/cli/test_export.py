import json

import pytest

from animegan_tf.cli import main


@pytest.fixture
def run(tmp_path):
    from animegan_tf.models.generator_files import save_generator
    from animegan_tf.models.generators import build_generator

    options = {"width": 4, "body_width": 4, "num_blocks": 1, "head_width": 4}
    save_generator(build_generator("anime", **options), options, tmp_path / "run")
    return tmp_path / "run"


@pytest.mark.parametrize("option", ["--style", "--generator"])
def test_export_writes_the_file_and_its_report(tmp_path, run, option, capsys):
    for package in ("onnx", "onnxruntime"):
        pytest.importorskip(package)
    out = tmp_path / "out"
    arguments = ["export", option, str(run), "--to", "onnx", "-o", str(out)]
    assert main([*arguments, "--size", "64x128"]) == 0
    assert "Wrote" in capsys.readouterr().out
    names = {path.name for path in out.iterdir()}
    assert names == {
        "run-float32-64x128.onnx",
        "run-float32-64x128.onnx.report.json",
        "run-float32-64x128.onnx.report.md",
    }
    report = json.loads((out / "run-float32-64x128.onnx.report.json").read_text())
    assert report["passed"] and report["max_difference"] <= 1e-3


def test_missing_generator_is_one_line(tmp_path, assert_error_line):
    arguments = ["export", "--generator", "none.keras", "--to", "keras"]
    assert main([*arguments, "-o", str(tmp_path)]) == 2
    assert_error_line("none.keras")


@pytest.mark.parametrize("size", ["64", "64x", "x64", "64x-8", "axb"])
def test_wrong_size_is_one_line(tmp_path, size, assert_error_line):
    arguments = ["export", "--to", "onnx", "-o", str(tmp_path), "--size", size]
    with pytest.raises(SystemExit):
        main(arguments)
    assert_error_line(f"must be dynamic or HxW, not {size}")


def test_format_that_is_not_offered_names_another(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["export", "--to", "tfjs", "-o", str(tmp_path)])
    assert "no export to tfjs" in (message := capsys.readouterr().err)
    assert "use onnx" in message and message.count("\n") == 1
