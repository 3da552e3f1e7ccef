from unittest import mock

import pytest

from animegan_tf import presets
from animegan_tf.cli import main
from animegan_tf.presets import DEFAULT_STYLE, PRESETS


def test_styles_are_listed_with_source_credit_and_license(style, capsys):
    assert main(["styles"]) == 0
    out = capsys.readouterr().out
    preset = PRESETS[style]
    for text in (style, preset.description, preset.source, preset.credit, "CC0-1.0"):
        assert text in out


def test_styles_are_sorted_and_the_default_is_named(capsys):
    assert main(["styles"]) == 0
    lines = capsys.readouterr().out.splitlines()
    heads = [line.partition(":")[0] for line in lines if not line.startswith(" ")]
    names = [head.removesuffix(" (default)") for head in heads]
    assert names == sorted(PRESETS)
    assert [head for head in heads if head.endswith(")")] == [
        f"{DEFAULT_STYLE} (default)"
    ]


def test_an_empty_list_of_styles_is_a_message(capsys):
    # Restores the styles in their order, which the documents follow.
    with mock.patch.dict(presets.PRESETS, clear=True):
        assert main(["styles"]) == 0
    assert capsys.readouterr().out == "No styles are bundled.\n"


def test_arguments_are_a_usage_error(capsys):
    with pytest.raises(SystemExit) as end:
        main(["styles", "comic"])
    assert end.value.code == 2
    assert "unrecognized arguments: comic" in capsys.readouterr().err
