import os
import subprocess
import sys
from pathlib import Path

import pytest

import animegan_tf

ROOT = Path(__file__).parents[1]


def check_types(folder, code):
    """Check a file with mypy; other packages count as untyped, which is faster."""
    pytest.importorskip("mypy", reason="mypy is not installed")
    (folder / "user.py").write_text(code)
    options = ["--ignore-missing-imports", "--no-site-packages", "--strict"]
    options += ["--follow-imports=silent", "--cache-dir", str(folder / "cache")]
    return subprocess.run(
        [sys.executable, "-m", "mypy", *options, str(folder / "user.py")],
        env=os.environ | {"MYPYPATH": str(ROOT)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.slow
def test_type_checker_sees_every_public_name_and_no_other(tmp_path):
    names = animegan_tf.__all__
    code = "import animegan_tf\n"
    code += "".join(f"print(animegan_tf.{name})\n" for name in names)
    code += "reveal_type(animegan_tf.list_styles())\nprint(animegan_tf.Stylist)\n"
    result = check_types(tmp_path, code)
    lines = result.stdout.splitlines()
    assert 'Revealed type is "list[str]"' in lines[0].replace("builtins.", "")
    assert 'Module has no attribute "Stylist"' in lines[1]
    assert lines[2].startswith("Found 1 error"), result.stdout


def test_package_says_that_it_is_typed():
    assert (ROOT / "animegan_tf" / "py.typed").is_file()
