import importlib.util
from pathlib import Path

PATH = Path(__file__).parents[2] / "examples" / "distill_features.py"


def test_errors_are_one_line(tmp_path, capsys):
    spec = importlib.util.spec_from_file_location("distill_features", PATH)
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    arguments = ["--output", str(tmp_path / "f.npz"), "--run", str(tmp_path / "run")]
    assert example.main([*arguments, "--images", str(tmp_path / "gone")]) == 2
    assert example.main([*arguments, "--images", ".", "--precision", "int3"]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 2
    assert "gone" in errors[0] and "int3" in errors[1]
