import pytest

from animegan_tf.cli import main
from animegan_tf.cli.evaluate import EVALUATIONS, with_default_word


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["evaluate", "--style", "a"], ["evaluate", "pictures", "--style", "a"]),
        (["evaluate", "pictures", "--style", "a"], None),
        (["evaluate", "video", "a.mp4", "b.mp4"], None),
        (["evaluate", "-h"], None),
        (["evaluate"], None),
        (["stylize", "--style", "a"], None),
        ([], None),
    ],
)
def test_pictures_are_meant_where_no_word_is_given(argv, expected):
    assert with_default_word(argv) == (expected or argv)


@pytest.mark.parametrize("word", EVALUATIONS)
def test_every_evaluation_has_help(word, capsys):
    with pytest.raises(SystemExit) as end:
        main(["evaluate", word, "--help"])
    assert end.value.code == 0
    assert f"animegan-tf evaluate {word}" in capsys.readouterr().out


def test_an_unknown_word_is_an_error_with_the_known_ones(capsys):
    with pytest.raises(SystemExit) as end:
        main(["evaluate", "music"])
    assert end.value.code == 2
    assert "'pictures'" in capsys.readouterr().err


def test_without_a_word_the_known_ones_are_told(capsys):
    with pytest.raises(SystemExit) as end:
        main(["evaluate"])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "`animegan-tf evaluate` must be followed by one of pictures, video" in error


def test_help_says_what_each_word_measures(capsys):
    with pytest.raises(SystemExit) as end:
        main(["evaluate", "--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert "animegan-tf evaluate [-h] pictures|video ..." in out
    assert "how much a stylized video flickers" in out
