from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def run_all(load_script):
    return load_script("run_all")


def test_every_command_is_an_existing_program(run_all):
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


def test_without_folders_the_benchmarks_that_need_them_are_left_out(run_all):
    commands = run_all.list_commands(run_all.parse_arguments(["--output", "o"]))
    assert not any("quality" in part for command in commands for part in command)


def test_description_names_the_machine_and_the_versions(run_all):
    text = run_all.describe_machine()
    assert "tensorflow 2." in text
    assert "CPU cores" in text


def test_output_is_kept_and_failures_are_counted(run_all, tmp_path):
    commands = [["-c", "print(6 * 7)"], ["-c", "raise SystemExit(3)"]]
    assert run_all.main(["--output", str(tmp_path / "new")], commands) == 1
    assert "\n42\n" in (tmp_path / "new" / "figures.md").read_text()
