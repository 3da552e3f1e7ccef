from unittest import mock

import pytest

from animegan_tf import presets
from animegan_tf.cli import main
from animegan_tf.presets import DEFAULT_STYLE, PRESETS


def test_styles_are_listed_with_source_and_licence(style, capsys):
    assert main(["styles"]) == 0
    out = capsys.readouterr().out
    for text in (style, "Random colours", "Chance", "The test", "CC0-1.0"):
        assert text in out


def test_styles_are_sorted_and_one_is_the_default(capsys):
    assert main(["styles"]) == 0
    lines = capsys.readouterr().out.splitlines()
    heads = [line.partition(":")[0] for line in lines if not line.startswith(" ")]
    names = [head.removesuffix(" (default)") for head in heads]
    assert names == sorted(PRESETS)
    assert [head for head in heads if head.endswith(")")] == [
        f"{DEFAULT_STYLE} (default)"
    ]


def test_without_styles_that_is_said(capsys):
    # Puts them back in their order, which documents follow.
    with mock.patch.dict(presets.PRESETS, clear=True):
        assert main(["styles"]) == 0
    assert capsys.readouterr().out == "No styles are bundled.\n"


def test_arguments_are_refused(capsys):
    with pytest.raises(SystemExit) as end:
        main(["styles", "comic"])
    assert end.value.code == 2
    assert "unrecognized arguments: comic" in capsys.readouterr().err
