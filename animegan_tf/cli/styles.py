"""`animegan-tf styles`: list the bundled styles."""

from animegan_tf.presets import DEFAULT_STYLE, PRESETS, list_styles


def add_parser(subparsers) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "styles", help="list the bundled styles, their sources and licenses"
    )
    parser.set_defaults(run=run)


def run(arguments) -> int:
    """Print each style with its description, source, credit and license."""
    for name in list_styles():
        preset = PRESETS[name]
        default = " (default)" if name == DEFAULT_STYLE else ""
        print(f"{name}{default}: {preset.description}")
        print(f"    source:  {preset.source}")
        print(f"    credit:  {preset.credit}")
        print(f"    license: {preset.license}")
    if not PRESETS:
        print("No styles are bundled.")
    return 0
