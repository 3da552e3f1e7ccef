"""On-disk cache of the targets of training photos."""

import concurrent.futures
import contextlib
import dataclasses
import hashlib
import json
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from animegan_tf.data.image_folder import limit_short_side
from animegan_tf.imaging.reading import open_image, read_image
from animegan_tf.utils.atomic_path import atomic_path
from animegan_tf.utils.json_file import read_json
from animegan_tf.utils.progress import progress_bar

INDEX_NAME = "index.json"
# Part of every key: increment it when photos are resized or stored differently.
_FORMAT = "1"


@dataclasses.dataclass(frozen=True)
class TargetItem:
    """A resized photo and its target, two PNG files of the same size.

    Attributes:
        photo: File of the original photo.
        scale: Short side of both images, in pixels.
        photo_file: File of the resized photo.
        target_file: File of its target.
    """

    photo: Path
    scale: int
    photo_file: Path
    target_file: Path


def compute_targets(
    paths: Sequence,
    *,
    scales: Sequence[int],
    function: Callable[[np.ndarray], np.ndarray],
    fingerprint: str,
    cache_dir,
    workers: int | None = None,
    progress: bool = True,
) -> list[TargetItem]:
    """Resize photos and compute their targets, unless they are in the cache.

    File names depend on the photo's content, the scale and the fingerprint, and files
    are written atomically: an interrupted run continues where it stopped, and a changed
    photo or function is computed again.

    Args:
        paths: Photos.
        scales: Short sides in pixels. Those larger than the photo's own are skipped; a
            photo smaller than all of them keeps its size.
        function: Pure function from uint8 RGB `(height, width, 3)` in [0, 255] to the
            same shape, dtype and range. It runs in threads.
        fingerprint: Text that identifies the function's version and arguments.
        cache_dir: Folder of the files; created if missing.
        workers: Number of threads; by default, one for each CPU core.
        progress: Whether to show a progress bar.

    Returns:
        One item for each photo and scale, in the order of `paths`, then of size.

    Raises:
        ValueError: If `scales` is empty or not positive, a photo cannot be read, or
            `function` fails or returns another shape or dtype.
        FileNotFoundError: If a photo does not exist.
    """
    scales = sorted(set(scales))
    if not scales or scales[0] < 1:
        raise ValueError(
            f"`scales` must be positive numbers of pixels. Received: scales={scales}"
        )
    cache_dir = Path(cache_dir)
    cache_dir.mkdir(parents=True, exist_ok=True)
    paths = [Path(path) for path in paths]
    workers = workers or os.cpu_count() or 1
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        facts = _photo_facts(paths, cache_dir / INDEX_NAME, pool)
    items = []
    for path, (digest, short_side) in zip(paths, facts, strict=True):
        fitting = [s for s in scales if s <= short_side] or [short_side]
        items += [_item(path, digest, s, fingerprint, cache_dir) for s in fitting]
    _compute_missing(items, function, workers, progress)
    return items


def _item(
    path: Path, digest: str, scale: int, fingerprint: str, cache_dir: Path
) -> TargetItem:
    photo_key = _key(_FORMAT, digest, str(scale))
    target_key = _key(_FORMAT, digest, str(scale), fingerprint)
    return TargetItem(
        photo=path,
        scale=scale,
        photo_file=cache_dir / f"{photo_key}-photo.png",
        target_file=cache_dir / f"{target_key}-target.png",
    )


def _key(*parts: str) -> str:
    # JSON separates the parts unambiguously, whatever characters they have.
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _photo_facts(paths: list[Path], index_path: Path, pool) -> list[tuple[str, int]]:
    """Return the SHA-256 and short side of each photo, from the index if unchanged."""
    index = _read_index(index_path)

    def facts(path):
        status = path.stat()
        stamp = [status.st_size, status.st_mtime_ns]
        known = index.get(str(path.resolve()))
        if known and known[:2] == stamp:
            return known
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return [*stamp, digest, min(_image_size(path))]

    entries = list(pool.map(facts, paths))
    found = {str(p.resolve()): e for p, e in zip(paths, entries, strict=True)}
    if not found.items() <= index.items():
        with atomic_path(index_path) as temporary:
            temporary.write_text(json.dumps(index | found))
    return [(digest, short_side) for _, _, digest, short_side in entries]


def _read_index(index_path: Path) -> dict[str, list]:
    # The index only saves time: a missing or damaged one is rebuilt.
    with contextlib.suppress(OSError, ValueError):
        index = read_json(index_path)
        if isinstance(index, dict):
            return {path: facts for path, facts in index.items() if _is_entry(facts)}
    return {}


def _is_entry(facts) -> bool:
    """Return whether a value of the index is one that `_photo_facts` wrote."""
    if not isinstance(facts, list) or [type(f) for f in facts] != [int, int, str, int]:
        return False
    return re.fullmatch("[0-9a-f]{64}", facts[2]) is not None and facts[3] >= 1


def _image_size(path: Path) -> tuple[int, int]:
    with open_image(path) as image:
        return image.size


def _compute_missing(
    items: list[TargetItem], function, workers: int, progress: bool
) -> None:
    missing: dict[Path, dict[Path, TargetItem]] = {}
    num_missing, seen = 0, set()
    for item in items:
        # Copies of a photo have the same files, which are computed once.
        if item.target_file in seen:
            continue
        seen.add(item.target_file)
        if not (_is_complete(item.photo_file) and _is_complete(item.target_file)):
            missing.setdefault(item.photo, {})[item.target_file] = item
            num_missing += 1
    if not num_missing:
        return
    pool = concurrent.futures.ThreadPoolExecutor(workers)
    options = {"desc": "targets", "unit": "image", "disable": not progress}
    bar = progress_bar(total=num_missing, **options)
    try:
        with bar:
            futures = [
                pool.submit(_compute_photo, list(group.values()), function, bar.update)
                for group in missing.values()
            ]
            for future in concurrent.futures.as_completed(futures):
                future.result()
    finally:
        # After an error or an interrupt, start no further photo.
        pool.shutdown(cancel_futures=True)


def _compute_photo(items: list[TargetItem], function, report) -> None:
    image = read_image(items[0].photo)
    for item in items:
        photo = limit_short_side(image, item.scale)
        if not _is_complete(item.target_file):
            _write_png(_apply(function, photo, item.photo), item.target_file)
        if not _is_complete(item.photo_file):
            _write_png(photo, item.photo_file)
        report()


def _apply(function, photo: np.ndarray, path: Path) -> np.ndarray:
    try:
        target = np.asarray(function(photo))
    except Exception as error:
        raise ValueError(f"`function` failed on {str(path)!r}: {error}") from error
    if target.shape != photo.shape or target.dtype != np.uint8:
        raise ValueError(
            f"`function` must return uint8 of shape {photo.shape}. Received: "
            f"{target.dtype} of shape {target.shape} for {str(path)!r}"
        )
    return target


def _is_complete(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def _write_png(image: np.ndarray, path: Path) -> None:
    with atomic_path(path) as temporary:
        Image.fromarray(image).save(temporary, compress_level=1)
