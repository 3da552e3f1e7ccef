"""A target fitted to a folder of drawings, kept in a cache and shown in a sheet."""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from animegan_tf.data.targets.painter import Painter
from animegan_tf.data.targets.painter_search import fit_painter
from animegan_tf.data.targets.registry import Target
from animegan_tf.imaging.reading import read_image
from animegan_tf.imaging.writing import write_image
from animegan_tf.utils.atomic_path import atomic_path
from animegan_tf.utils.json_file import read_json
from animegan_tf.utils.progress import progress_bar

# Part of the cache's names: raise it whenever a fit would give another painter.
_VERSION = 2
_SHEET_ROWS, _SHEET_SIZE = 4, 256


def fit_target(
    drawings: Sequence[Path],
    photos: Sequence[Path],
    cache_dir,
    build_feature_extractor: Callable,
    *,
    num_trials: int = 40,
    seed: int = 0,
    sheet=None,
    progress: bool = True,
) -> Target:
    """Fit a painter to drawings, or find an earlier fit of the same files.

    Args:
        drawings: Paths of the drawings, at least one.
        photos: Paths of photos, at least one.
        cache_dir: Folder of the fits; made if missing.
        build_feature_extractor: Function without arguments to a model from images in
            [-1, 1] to a dict of feature maps; called only if there is no fit yet.
        num_trials: Painters that the search tries.
        seed: Seed of the search.
        sheet: Image file to write, with a photo, its target and a drawing in each row;
            `None` writes none.
        progress: Whether to show a progress bar.

    Returns:
        The `Target` of the painter that was found.

    Raises:
        ValueError: If there are too few images.
    """
    key = hashlib.sha256(f"{_VERSION} {num_trials} {seed}".encode())
    for path in (*drawings, *photos):
        key.update(f"{path.name} {path.stat().st_size}".encode())
    path = Path(cache_dir) / f"painter-{key.hexdigest()[:32]}.json"
    if path.exists():
        painter = Painter.from_dict(read_json(path)["painter"])
    else:
        extractor = build_feature_extractor()
        painter = _fit(drawings, photos, extractor, num_trials, seed, path, progress)
    if sheet is not None:
        write_image(_draw_sheet(painter, photos, drawings), sheet)
    return Target(painter.paint, painter.fingerprint())


def _fit(drawings, photos, extractor, num_trials, seed, path, progress) -> Painter:
    with progress_bar(total=num_trials, desc="painter", disable=not progress) as bar:

        def report(done, total, distance):
            bar.total = total
            bar.set_postfix(distance=f"{distance:.3f}", refresh=False)
            bar.update(done - bar.n)

        fit = fit_painter(
            list(drawings),
            list(photos),
            extractor,
            num_trials=num_trials,
            seed=seed,
            progress=report,
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    values = {
        "painter": fit.painter.to_dict(),
        "distance": fit.distance,
        "photo_distance": fit.photo_distance,
        "num_drawings": fit.num_drawings,
    }
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    return fit.painter


def _draw_sheet(painter: Painter, photos, drawings) -> np.ndarray:
    """Lay photos, their targets and drawings side by side."""
    rows = []
    for index in range(_SHEET_ROWS):
        photo, drawing = (
            read_image(paths[index * len(paths) // _SHEET_ROWS])
            for paths in (photos, drawings)
        )
        rows.append([_square(photo), painter.paint(_square(photo)), _square(drawing)])
    return np.concatenate([np.concatenate(row, axis=1) for row in rows], axis=0)


def _square(image: np.ndarray) -> np.ndarray:
    """Cut the center square and scale it."""
    height, width = image.shape[:2]
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    square = Image.fromarray(image).crop((left, top, left + short, top + short))
    size = (_SHEET_SIZE, _SHEET_SIZE)
    return np.asarray(square.resize(size, Image.Resampling.LANCZOS))
