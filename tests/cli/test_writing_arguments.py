import argparse

import pytest

from animegan_tf.cli.writing_arguments import add_writing_arguments


def parse(*words):
    parser = argparse.ArgumentParser()
    add_writing_arguments(parser)
    return vars(parser.parse_args(words))


def test_unasked_nothing_is_overwritten_and_results_are_marked():
    assert parse() == {"overwrite": False, "quality": 95, "mark": True}


def test_all_can_be_asked_for():
    values = parse("--overwrite", "--quality", "80", "--no-mark")
    assert values == {"overwrite": True, "quality": 80, "mark": False}


def test_impossible_quality_is_refused(capsys):
    with pytest.raises(SystemExit):
        parse("--quality", "101")
    assert "--quality: must be 1 to 100, not 101" in capsys.readouterr().err
