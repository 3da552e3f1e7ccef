import importlib.util
import re
from pathlib import Path

import pytest

from animegan_tf.imaging.formats import list_images

PATH = Path(__file__).parents[2] / "examples" / "restore.py"


@pytest.fixture
def example():
    spec = importlib.util.spec_from_file_location("restore", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _table(output):
    """Read the lines of damage, damaged and restored."""
    rows = re.findall(r"^(\S.*?) +(\d+\.\d+) +(\d+\.\d+)$", output, re.MULTILINE)
    return {name: (float(before), float(after)) for name, before, after in rows}


@pytest.mark.slow
def test_every_damage_is_measured(example, tmp_path, capsys):
    example.render_images(tmp_path / "drawings", 8)
    arguments = [str(tmp_path / "drawings"), "--steps", "1", "--damage"]
    run = ["--run", str(tmp_path / "run")]
    assert example.main([*arguments, "downscale", "noise", *run]) == 0
    table = _table(capsys.readouterr().out)
    assert list(table) == ["downscale, noise", "bicubic scaling", "noise"]
    assert (tmp_path / "run" / "generator.npz").exists()
    assert list_images(tmp_path / "run" / "samples")


@pytest.mark.slow
def test_demonstration_beats_bicubic_scaling(example, capsys):
    assert example.main(["--steps", "400", "--damage", "downscale"]) == 0
    before, after = _table(capsys.readouterr().out)["bicubic scaling"]
    assert after > before + 0.3


def test_errors_are_one_line(example, tmp_path, capsys):
    assert example.main([str(tmp_path / "gone")]) == 2
    assert example.main([str(tmp_path), "--damage", "rust"]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 2
    assert "gone" in errors[0] and "rust" in errors[1]
