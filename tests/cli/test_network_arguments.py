import argparse

from animegan_tf.cli.network_arguments import (
    _PRECISIONS,
    add_features_argument,
    add_precision_argument,
    add_style_argument,
)
from animegan_tf.inference.precision import AUTO, PRECISIONS
from animegan_tf.presets import DEFAULT_STYLE


def build_parser():
    parser = argparse.ArgumentParser()
    add_style_argument(parser)
    add_precision_argument(parser)
    add_features_argument(parser, "what compares")
    return parser


def test_precisions_are_those_of_the_stylizer():
    assert sorted(_PRECISIONS) == sorted((AUTO, *PRECISIONS))


def test_unasked_the_default_style_is_drawn_exactly():
    arguments = build_parser().parse_args([])
    assert arguments.style == DEFAULT_STYLE
    assert arguments.precision == "float32"
    # Each command knows whether no answer means the bundled network or none.
    assert arguments.features is None


def test_help_names_the_default_and_the_purpose():
    text = " ".join(build_parser().format_help().split())
    assert f"(default: {DEFAULT_STYLE})" in text
    assert "what compares: bundled; vgg19" in text
