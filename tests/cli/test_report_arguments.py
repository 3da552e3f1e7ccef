import argparse
from pathlib import Path

import pytest

from animegan_tf.cli.report_arguments import add_report_argument, check_report


def test_the_report_is_a_path_or_none():
    parser = argparse.ArgumentParser()
    add_report_argument(parser)
    assert parser.parse_args([]).output is None
    assert parser.parse_args(["--output", "a.json"]).output == Path("a.json")


@pytest.mark.parametrize("name", ["report.json", "report.JSON"])
def test_json_files_in_a_folder_that_exists_are_allowed(tmp_path, name):
    check_report(tmp_path / name)
    (tmp_path / name).touch()
    check_report(tmp_path / name)
    check_report(None)


def test_others_are_refused_and_nothing_is_written(tmp_path):
    (tmp_path / "folder.json").mkdir()
    for name in ("report.csv", "report", "folder.json"):
        with pytest.raises(ValueError, match=f"`--output` must be a .json.*{name}"):
            check_report(tmp_path / name)
    with pytest.raises(FileNotFoundError, match="No such output folder.*gone"):
        check_report(tmp_path / "gone" / "report.json")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.json"]
