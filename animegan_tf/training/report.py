"""Report of a run as one HTML file: settings, curves, samples over time, data."""

import collections
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from animegan_tf.imaging.reading import read_image
from animegan_tf.training.best import FOLDER as BEST_FOLDER
from animegan_tf.training.best import read_best
from animegan_tf.training.run_folder import RunFolder
from animegan_tf.training.usage import read_usage
from animegan_tf.utils.html_page import escape, image_data, table, write_page
from animegan_tf.utils.json_file import read_json

NAME = "report.html"
# More points, or samples, than can be told apart.
_MAX_POINTS, _MAX_SAMPLES = 300, 40
_SAMPLE_SIDE = 1200
_WIDTH, _HEIGHT, _MARGIN = 420, 150, 4
_NOT_CURVES = ("step", "epoch", "recovery", "diverged_at")
_CREDIT_NAMES = ("license", "licence", "credit", "attribution", "readme", "copyright")
_STYLE = """
.curves { display: grid; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr));
  gap: 1rem; } .curves figcaption { max-width: none; }
polyline { fill: none; stroke: #2a6fb0; stroke-width: 1.5; }
polyline.validation { stroke: #d0722a; } rect { fill: none; stroke: #9996; }
input[type=range] { width: 100%; } pre { overflow-x: auto; }
"""
_SLIDER = """<script>
const images = document.querySelectorAll("#samples figure");
const slider = document.querySelector("#slider");
function show() {
  images.forEach((image, i) => { image.hidden = i != slider.value; });
}
slider.addEventListener("input", show);
show();
</script>"""


def write_run_report(run: RunFolder) -> Path:
    """Write `report.html` of a run, at any time of its training.

    Args:
        run: The run folder.

    Returns:
        The file. It holds its images, and curves as SVG; nothing is loaded.
    """
    path = run.path / NAME
    write_page(path, f"Training {run.path.name}", _build_body(run), style=_STYLE)
    return path


def _build_body(run: RunFolder) -> Iterator[str]:
    settings, log = run.read_settings(), run.read_log()
    last = max((line["step"] for line in log), default=0)
    yield f"<p>Recipe {escape(settings.get('recipe', ''))}, {last} of "
    yield f"{escape(settings.get('steps', ''))} steps.</p>"
    recoveries = [line for line in log if "recovery" in line]
    for line in recoveries:
        yield (
            f'<p class="advice">Diverged at step {line["diverged_at"]:.0f}; restored '
            f"step {line['step']} with half the learning rates.</p>"
        )
    yield from _show_usage(run)
    yield from _show_samples(run)
    yield from _show_validation(log)
    best = read_best(run.path)
    if best:
        yield (
            f"<p>The best by {escape(best['metric'])}, {best['value']:.4g}, is that of "
            f"step {best['step']}, in {escape(run.path / BEST_FOLDER)}.</p>"
        )
    yield from _show_curves(log)
    yield from _show_data(run)
    yield "<h2>Settings</h2>"
    yield f"<pre>{escape(json.dumps(settings, indent=2))}</pre>"


def _show_usage(run: RunFolder) -> Iterator[str]:
    lines = read_usage(run.path)
    if not lines:
        return
    seconds, cpu_seconds, joules = (
        sum(line.get(name, 0.0) for line in lines)
        for name in ("seconds", "cpu_seconds", "joules")
    )
    text = (
        f"{seconds / 3600:.2f} hours, {cpu_seconds / 3600:.2f} hours of processor time"
    )
    if joules:
        known = sum("joules" in line for line in lines)
        text += f"; {joules / 3.6e6:.3f} kWh of the machine's processors"
        text += "" if known == len(lines) else f", in {known} of {len(lines)} sessions"
    yield f"<p>{text}.</p>"


def _show_samples(run: RunFolder) -> Iterator[str]:
    paths = sorted((run.path / "samples").glob("step_*.png"))
    if not paths:
        return
    count = min(len(paths), _MAX_SAMPLES)
    chosen = [
        paths[i] for i in np.linspace(0, len(paths) - 1, count).round().astype(int)
    ]
    yield f"<h2>Samples</h2><p>{count} of {len(paths)} sheets.</p>"
    yield (
        f'<input type="range" id="slider" min="0" max="{count - 1}" '
        f'value="{count - 1}" aria-label="Step of the samples"><div id="samples">'
    )
    for path in chosen:
        source = image_data(read_image(path), max_side=_SAMPLE_SIDE)
        step = int(path.stem.removeprefix("step_"))
        yield f'<figure><img src="{source}" alt="Samples at step {step}">'
        yield f"<figcaption>Step {step}</figcaption></figure>"
    yield f"</div>{_SLIDER}"
    target = run.path / "target.png"
    if target.exists():
        source = image_data(read_image(target), max_side=_SAMPLE_SIDE)
        yield "<h2>Targets</h2><p>Photos, their targets, and drawings.</p>"
        yield f'<img src="{source}" alt="Photos, their targets, and drawings">'


def _show_validation(log) -> Iterator[str]:
    lines = [line for line in log if any(n.startswith("validation_") for n in line)]
    if not lines:
        return
    first, last = lines[0], lines[-1]
    names = [name for name in last if name.startswith("validation_")]
    rows = [
        (name.removeprefix("validation_"), _round(first.get(name)), _round(last[name]))
        for name in names
    ]
    head = ("held-out images", f"step {first['step']}", f"step {last['step']}")
    yield "<h2>Validation</h2>"
    yield table(rows, head)


def _round(value):
    return "" if value is None else float(f"{value:.4g}")


def _show_curves(log: Sequence[Mapping[str, float]]) -> Iterator[str]:
    points = collections.defaultdict(list)
    for line in log:
        for name, value in line.items():
            if name not in _NOT_CURVES and np.isfinite(value):
                points[name].append((line["step"], value))
    names = [
        n for n in points if not n.startswith("validation_") or n[11:] not in points
    ]
    if not names:
        return
    yield "<h2>Curves</h2><p>Over the steps; the second line is held-out images.</p>"
    yield '<div class="curves">'
    for name in names:
        yield draw_curves(name, points[name], points.get(f"validation_{name}", []))
    yield "</div>"


def draw_curves(
    name: str,
    points: Sequence[tuple[float, float]],
    held_out: Sequence[tuple[float, float]] = (),
) -> str:
    """Draw a curve, and that of held-out images, as an SVG figure.

    Args:
        name: Name of the value.
        points: Pairs of step and value, at least one.
        held_out: Those of held-out images.

    Returns:
        HTML. Neighboring points are averaged if there are more than 300.
    """
    curves = [_thin(np.asarray(p, float)) for p in (points, held_out) if len(p)]
    low, high = (f([f(c, axis=0) for c in curves], axis=0) for f in (np.min, np.max))
    span = np.where(high > low, high - low, 1.0)
    size = np.array([_WIDTH, _HEIGHT]) - 2 * _MARGIN
    lines = []
    for curve, kind in zip(curves, ("", ' class="validation"'), strict=False):
        places = (curve - low) / span
        # In SVG, y grows downwards.
        places[:, 1] = 1 - places[:, 1]
        text = " ".join(f"{x:.1f},{y:.1f}" for x, y in places * size + _MARGIN)
        lines.append(f'<polyline{kind} points="{text}"/>')
    caption = f"{name}: {low[1]:.4g} to {high[1]:.4g}, last {points[-1][1]:.4g}"
    return (
        f'<figure><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">'
        f'<rect x="0" y="0" width="{_WIDTH}" height="{_HEIGHT}"/>{"".join(lines)}</svg>'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _thin(points: np.ndarray) -> np.ndarray:
    parts = np.array_split(points, min(len(points), _MAX_POINTS))
    return np.stack([part.mean(axis=0) for part in parts])


def _show_data(run: RunFolder) -> Iterator[str]:
    path = run.path / "inputs.json"
    if not path.exists():
        return
    folders = collections.Counter(Path(name).parent for name in read_json(path))
    yield "<h2>Data and credits</h2>"
    yield table(((str(f), n) for f, n in sorted(folders.items())), ("folder", "images"))
    found = sorted(
        {file for folder in folders for file in _find_credits(folder)}, key=str
    )
    if found:
        yield "<p>Licenses and credits in these folders and those above:</p><ul>"
        yield from (f"<li>{escape(file)}</li>" for file in found)
        yield "</ul>"
    else:
        yield "<p>No file on licenses or credits was found beside the images.</p>"


def _find_credits(folder: Path) -> Iterator[Path]:
    for place in (folder, folder.parent):
        if place.is_dir():
            for file in itertools.islice(place.iterdir(), 10_000):
                name = file.name.lower()
                if file.suffix.lower() in ("", ".txt", ".md", ".csv", ".json"):
                    if name.startswith(_CREDIT_NAMES) and file.is_file():
                        yield file
