import importlib.util
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def run_all():
    spec = importlib.util.spec_from_file_location("run_all", FOLDER / "run_all.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_command_names_a_program_that_is_there(run_all):
    arguments = run_all.parse_arguments(
        ["--output", "o", "--photos", "p", "--style-images", "s"]
    )
    commands = run_all.list_commands(arguments)
    assert len(commands) == 6
    for command in commands:
        if command[0] == "-m":
            assert (FOLDER.parent / command[1].replace(".", "/")).is_dir()
        else:
            assert (FOLDER.parent / command[0]).is_file()


def test_without_folders_what_needs_them_is_left_out(run_all):
    commands = run_all.list_commands(run_all.parse_arguments(["--output", "o"]))
    assert not any("quality" in part for command in commands for part in command)


def test_machine_and_versions_are_named(run_all):
    text = run_all.describe_machine()
    assert "tensorflow 2." in text
    assert "CPU cores" in text


def test_output_is_kept_and_failures_counted(run_all, tmp_path, monkeypatch):
    commands = [["-c", "print(6 * 7)"], ["-c", "raise SystemExit(3)"]]
    monkeypatch.setattr(run_all, "list_commands", lambda arguments: commands)
    assert run_all.main(["--output", str(tmp_path / "new")]) == 1
    assert "\n42\n" in (tmp_path / "new" / "figures.md").read_text()
