import shutil
import subprocess
import sys

import pytest

from animegan_tf.cli import main

pytest.importorskip("shtab")


def test_bash_completes_commands_and_options(tmp_path, capsys):
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    assert main(["completion", "bash"]) == 0
    script = tmp_path / "completion.sh"
    script.write_text(capsys.readouterr().out)
    code = (
        'source "$0"; shift 0; complete -p animegan-tf;'
        "COMP_WORDS=(animegan-tf prev); COMP_CWORD=1; _shtab_animegan_tf;"
        'echo "found: ${COMPREPLY[*]}";'
        "COMP_WORDS=(animegan-tf stylize --stren); COMP_CWORD=2; _shtab_animegan_tf;"
        'echo "found: ${COMPREPLY[*]}"'
    )
    result = subprocess.run(
        ["bash", "-c", code, str(script)], capture_output=True, text=True, timeout=60
    )
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert lines[-2:] == ["found: preview", "found: --strength"], result.stderr


def test_missing_package_is_one_line(monkeypatch, assert_error_line):
    # None in sys.modules makes an import fail as if the package were missing.
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["completion", "zsh"]) == 2
    assert_error_line('pip install "animegan_tf[completion]"')
