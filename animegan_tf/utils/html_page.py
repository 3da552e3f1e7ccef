"""Write self-contained HTML pages: images are in the file, and no script is needed."""

import base64
import html
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from animegan_tf.utils.atomic_path import atomic_path

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem;
  padding: 0 1rem; color: #222; background: #fff; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
table { border-collapse: collapse; } td, th { padding: .15rem .8rem .15rem 0;
  text-align: left; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.images { display: flex; flex-wrap: wrap; gap: .6rem; }
figure { margin: 0; } figcaption { font-size: .75rem; color: #555; max-width: 12rem;
  overflow-wrap: anywhere; }
img, svg { max-width: 100%; height: auto; }
.error { color: #b00020; } .advice { color: #8a5a00; } .good { color: #1b6e2c; }
@media (prefers-color-scheme: dark) {
  body { color: #ddd; background: #181818; } figcaption { color: #aaa; }
  .error { color: #ff8a80; } .advice { color: #ffcc80; } .good { color: #9ccc9c; } }
"""


def write_page(path, title: str, body: Iterable[str], *, style: str = "") -> None:
    """Write an HTML page atomically.

    Args:
        path: The file.
        title: Title and heading, plain text.
        body: Parts in HTML.
        style: Further CSS.
    """
    with (
        atomic_path(Path(path)) as temporary,
        open(temporary, "w", encoding="utf-8") as file,
    ):
        file.write(
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{escape(title)}</title>\n<style>{_STYLE}{style}</style>"
            f"</head>\n<body>\n<h1>{escape(title)}</h1>\n"
        )
        for part in body:
            file.write(part + "\n")
        file.write("</body></html>\n")


def escape(value) -> str:
    """Return a value as text in which no character is HTML."""
    return html.escape(str(value))


def table(rows: Iterable[Sequence], head: Sequence[str] = ()) -> str:
    """Return a table of plain values; numbers are aligned at the right."""
    lines = ["<table>"]
    if head:
        lines.append(f"<tr>{''.join(f'<th>{escape(cell)}</th>' for cell in head)}</tr>")
    for row in rows:
        cells = (
            f'<td class="number">{cell}</td>'
            if isinstance(cell, int | float)
            else f"<td>{escape(cell)}</td>"
            for cell in row
        )
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return "\n".join([*lines, "</table>"])


def image_data(image: np.ndarray, *, max_side: int | None = None) -> str:
    """Encode an image as a `data:` URI of JPEG.

    Args:
        image: uint8 RGB, `(height, width, 3)`.
        max_side: Longest side in pixels; a larger image is reduced.
    """
    picture = Image.fromarray(image)
    if max_side is not None:
        picture.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def figure(image: np.ndarray, caption: str, *, max_side: int = 160) -> str:
    """Return an image with a plain caption."""
    source = image_data(image, max_side=max_side)
    return (
        f'<figure><img src="{source}" alt="">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )
