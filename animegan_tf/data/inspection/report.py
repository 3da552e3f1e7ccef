"""Report of a checked folder, as lines of text and as a self-contained HTML page."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from animegan_tf.data.inspection.folder import FolderCheck, read_reduced
from animegan_tf.data.inspection.measures import PROBLEMS, Measures
from animegan_tf.utils.html_page import escape, figure, table, write_page

_MAX_IMAGES = 24
_MAX_SAMPLES = 48
_MAX_NAMES = 200


def describe_check(check: FolderCheck) -> list[str]:
    """Describe a checked folder in lines of text."""
    lines = [f"{name}: {value}" for name, value in _facts(check)]
    lines += [
        f"{problem.title.lower()}: {len(check.with_problem(name))}"
        for name, problem in PROBLEMS.items()
        if check.with_problem(name)
    ]
    lines += [f"{f.level}: {f.text}" for f in check.findings()]
    return [*lines, f"verdict: {check.verdict}"]


def write_report(check: FolderCheck, path) -> None:
    """Write the HTML report.

    It shows at most 24 thumbnails of each problem, and 48 of the whole folder.

    Args:
        check: The result of `check_folder`.
        path: The file.
    """
    write_page(path, f"Images of {check.folder}", _build_body(check))


def _facts(check: FolderCheck) -> list[tuple[str, str]]:
    images = list(check.images.values())
    facts = [
        ("images", f"{len(images)}, {check.num_distinct} distinct"),
        ("unreadable", str(len(check.unreadable))),
        ("groups of near-duplicates", str(len(check.duplicates))),
    ]
    if images:
        for name, values in (
            ("short side", [m.short_side for m in images]),
            ("perceptual blur", [m.blur for m in images]),
            ("luminance", [m.luminance for m in images]),
        ):
            low, middle, high = np.quantile(values, [0, 0.5, 1])
            facts.append((name, f"{low:g} to {high:g}, median {middle:g}"))
        searched = [m.faces for m in images if m.faces is not None]
        if searched:
            count = sum(faces > 0 for faces in searched)
            facts.append(("images with faces", f"{count} of {len(searched)}"))
    return facts


def _build_body(check: FolderCheck) -> Iterator[str]:
    yield f"<p>Verdict: <strong>{check.verdict}</strong>.</p><ul>"
    for finding in check.findings():
        yield f'<li class="{finding.level}">{escape(finding.text)}</li>'
    yield "</ul>"
    yield table(_facts(check))
    for name, problem in PROBLEMS.items():
        paths = check.with_problem(name)
        if paths:
            yield f"<h2>{problem.title}: {len(paths)}</h2>"
            yield f"<p>Rule: {escape(problem.rule)}.</p>"
            yield from _show(check, paths, _VALUES[name])
    if check.duplicates:
        yield f"<h2>Near-duplicates: {len(check.duplicates)} groups</h2>"
        yield "<p>Rule: perceptual hashes that differ in at most 6 of 64 bits.</p>"
        groups = itertools.islice(check.duplicates, _MAX_IMAGES)
        for number, group in enumerate(groups, 1):
            yield f"<p>Group {number}, {len(group)} images</p>"
            yield from _show(check, group[:6], _size)
    if check.unreadable:
        yield f"<h2>Unreadable: {len(check.unreadable)}</h2>"
        rows = itertools.islice(check.unreadable.items(), _MAX_NAMES)
        yield table((_name(check, path), reason) for path, reason in rows)
    paths = list(check.images)
    chosen = paths[:: max(-(-len(paths) // _MAX_SAMPLES), 1)]
    yield "<h2>Sample of the folder</h2>"
    yield from _show(check, chosen, _size, _MAX_SAMPLES)


def _size(measures: Measures) -> str:
    return f"{measures.width}x{measures.height}"


_VALUES = {
    "blurred": lambda m: f"blur {m.blur:.2f}",
    "dark": lambda m: f"luminance {m.luminance:.0f}",
    "empty": lambda m: f"deviation {m.contrast:.1f}",
    "bars": lambda m: "bars " + ", ".join(f"{bar:.1%}" for bar in m.bars),
    "subtitles": lambda m: f"text {m.text:.1%}",
    "text": lambda m: f"text {m.text:.1%}",
    "cast": lambda m: f"cast {m.cast:.0f}",
    "gray": lambda m: f"chroma {m.chroma:.1f}",
}


def _show(check, paths, describe, limit=_MAX_IMAGES) -> Iterator[str]:
    yield '<div class="images">'
    for path in itertools.islice(paths, limit):
        # Removed since it was measured, or moved.
        try:
            image, _ = read_reduced(path)
        except (ValueError, OSError):
            continue
        text = f"{_name(check, path)}: {describe(check.images[path])}"
        yield figure(image, text)
    yield "</div>"
    if len(paths) > limit:
        yield f"<p>and {len(paths) - limit} more</p>"


def _name(check: FolderCheck, path: Path) -> str:
    return str(path.relative_to(check.folder))
