"""Check a folder of images: measure each, find duplicates, and judge the whole."""

import contextlib
import dataclasses
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path

import numpy as np
from tqdm import tqdm

from animegan_tf.data.inspection.duplicates import find_duplicates
from animegan_tf.data.inspection.measures import PROBLEMS, Measures, measure_image
from animegan_tf.imaging.formats import list_images
from animegan_tf.imaging.reading import open_image, pil_to_array
from animegan_tf.utils.json_file import parse_json
from animegan_tf.utils.messages import reason_of

# JPEG files are decoded at the smallest size that is not below this.
_READ_SIDE = 640
# Part of every entry: increment it when measures change.
_VERSION = 1
_NUM_THREADS = 4

# Every line of a file of measures begins so.
_LINE_START = '{"key": '


@dataclasses.dataclass(frozen=True)
class Needs:
    """What a training needs of a folder of images.

    Attributes:
        crop_size: Side of the crops in pixels; smaller images are enlarged.
        good_size: Short side at which every scale of the recipe can be used.
        min_count: Fewer distinct images are too few to train on.
        good_count: Number of distinct images that is enough.
        is_style: Whether the images are those of the style, where lettering and frames
            are learned.
    """

    crop_size: int = 160
    good_size: int = 512
    min_count: int = 50
    good_count: int = 300
    is_style: bool = False


@dataclasses.dataclass(frozen=True)
class Finding:
    """A statement of the verdict.

    Attributes:
        level: `"error"`, the training will suffer; `"advice"`; or `"good"`.
        text: One sentence.
    """

    level: str
    text: str


@dataclasses.dataclass(frozen=True)
class FolderCheck:
    """What was found in a folder.

    Attributes:
        folder: The folder.
        images: Measures by path, of the readable images.
        unreadable: Reason by path.
        duplicates: Paths of each group of near-duplicates.
        needs: What the images were judged by.
    """

    folder: Path
    images: Mapping[Path, Measures]
    unreadable: Mapping[Path, str]
    duplicates: list[list[Path]]
    needs: Needs

    @property
    def num_distinct(self) -> int:
        """Number of readable images, each group of near-duplicates counted once."""
        return len(self.images) - sum(len(group) - 1 for group in self.duplicates)

    def with_problem(self, name: str) -> list[Path]:
        """Return the images that have a problem, a key of `PROBLEMS`."""
        holds = PROBLEMS[name].holds
        return [path for path, measures in self.images.items() if holds(measures)]

    def findings(self) -> list[Finding]:
        """Judge the folder by the needs; the worst come first."""
        found = [*self._judge_numbers(), *self._judge_problems()]
        if all(finding.level == "good" for finding in found):
            found.append(Finding("good", "Nothing speaks against a training."))
        order = ("error", "advice", "good")
        return sorted(found, key=lambda finding: order.index(finding.level))

    @property
    def verdict(self) -> str:
        """`"not ready"`, `"usable"` or `"ready"`, by the worst finding."""
        worst = self.findings()[0].level
        return {"error": "not ready", "advice": "usable", "good": "ready"}[worst]

    def _judge_numbers(self) -> Iterator[Finding]:
        needs, count = self.needs, self.num_distinct
        if count < needs.min_count:
            yield Finding(
                "error",
                f"{count} distinct images are too few: at least {needs.min_count}, "
                f"better {needs.good_count}.",
            )
        elif count < needs.good_count:
            yield Finding(
                "advice",
                f"{count} distinct images: {needs.good_count} or more give better "
                "results.",
            )
        else:
            yield Finding("good", f"{count} distinct images are enough.")
        if not self.images:
            return
        sides = [measures.short_side for measures in self.images.values()]
        small = sum(side < needs.crop_size for side in sides)
        if small:
            yield Finding(
                "error" if small > 0.1 * len(sides) else "advice",
                f"{small} images have a short side below the crops of "
                f"{needs.crop_size} pixels, and would be enlarged.",
            )
        below = sum(needs.crop_size <= side < needs.good_size for side in sides)
        if below > len(sides) / 2:
            yield Finding(
                "advice",
                f"{below} images have a short side below {needs.good_size} pixels, "
                "which the larger scales of the recipe need.",
            )
        if self.unreadable:
            yield Finding(
                "advice", f"{len(self.unreadable)} files cannot be read; remove them."
            )
        copies = len(self.images) - count
        if copies > 0.1 * len(self.images):
            yield Finding(
                "advice",
                f"{copies} images are near-duplicates of others, and count double.",
            )

    def _judge_problems(self) -> Iterator[Finding]:
        is_style, total = self.needs.is_style, max(len(self.images), 1)
        # A style may be gray or of one hue; only photos should not.
        ignored = ("gray", "cast", "dark") if is_style else ("text",)
        strict = ("bars", "subtitles", "text") if is_style else ()
        for name, problem in PROBLEMS.items():
            count = len(self.with_problem(name))
            if not count or name in ignored:
                continue
            share = count / total
            limit = 0.05 if name in strict else 0.1
            if share > limit:
                learned = ", which would be learned" if name in strict else ""
                yield Finding(
                    "error" if share > 4 * limit else "advice",
                    f"{problem.title}: {count} images ({share:.0%}){learned}.",
                )
        searched = [m.faces for m in self.images.values() if m.faces is not None]
        if searched and not is_style:
            share = sum(count > 0 for count in searched) / len(searched)
            if share < 0.1:
                yield Finding(
                    "advice",
                    f"{share:.0%} of the photos show faces; add portraits if faces "
                    "are to be stylized.",
                )


def check_folder(
    folder,
    *,
    needs: Needs | None = None,
    cache: Path | None = None,
    detect_faces: Callable[[np.ndarray], np.ndarray] | None = None,
    progress: bool = True,
) -> FolderCheck:
    """Measure every image of a folder and its subfolders.

    A few images at a time are in memory.

    Args:
        folder: Folder of images.
        needs: What to judge by.
        cache: JSON lines file of measures. Images that it has, unchanged, are not
            measured again, so that an interrupted check goes on; it is made if missing.
        detect_faces: Function from uint8 RGB to an array with a row for each face.
        progress: Whether to show a progress bar.

    Returns:
        The result.

    Raises:
        FileExistsError: If the file of measures is something else.
        FileNotFoundError: If there is no such folder.
        ImportError: If OpenCV is missing.
        ValueError: If there is no image in it.
    """
    paths = list_images(folder, recursive=True)
    if not paths:
        raise ValueError(f"`folder` must hold images. Received: {str(folder)!r}")
    known = _read_cache(cache)
    stamps = {path: _stamp(path, detect_faces is not None) for path in paths}
    results = {path: known[key] for path, key in stamps.items() if key in known}
    missing = [path for path in paths if path not in results]
    with contextlib.ExitStack() as stack:
        file = cache and stack.enter_context(open(cache, "a", encoding="utf-8"))
        bar = tqdm(
            total=len(paths),
            initial=len(results),
            desc="checking",
            unit="image",
            disable=not progress,
        )
        stack.enter_context(bar)
        for path, result in _measure_all(missing, detect_faces):
            results[path] = result
            bar.update()
            if file:
                line = {"key": stamps[path], **result}
                file.write(json.dumps(line) + "\n")
                file.flush()
    images = {p: _to_measures(results[p]) for p in paths if "error" not in results[p]}
    readable = list(images)
    groups = find_duplicates([images[path].phash for path in readable])
    return FolderCheck(
        folder=Path(folder),
        images=images,
        unreadable={p: results[p]["error"] for p in paths if "error" in results[p]},
        duplicates=[[readable[index] for index in group] for group in groups],
        needs=needs or Needs(),
    )


def read_reduced(path) -> tuple[np.ndarray, tuple[int, int]]:
    """Read an image at a reduced size where the format allows it.

    Returns:
        uint8 RGB, `(height, width, 3)`, and the width and height of the file.

    Raises:
        ValueError: If it cannot be read.
    """
    with open_image(path) as image:
        size = image.size
        image.draft("RGB", (_READ_SIDE, _READ_SIDE))
        array = pil_to_array(image)
    # Upright images may have their sides exchanged.
    if (array.shape[1] > array.shape[0]) != (size[0] > size[1]):
        size = size[::-1]
    return array, size


def _measure_all(paths, detect_faces) -> Iterator[tuple[Path, dict]]:
    """Measure images in threads, with a bounded number of them under way."""
    remaining = iter(paths)

    def measure(path):
        try:
            image, size = read_reduced(path)
        except (ValueError, OSError) as error:
            return path, {"error": reason_of(error)}
        measures = measure_image(image, size=size)
        if detect_faces is None:
            return path, dataclasses.asdict(measures)
        return path, (dataclasses.asdict(measures), image)

    pool = ThreadPoolExecutor(_NUM_THREADS)
    try:
        under_way = {
            pool.submit(measure, path)
            for path in itertools.islice(remaining, 2 * _NUM_THREADS)
        }
        while under_way:
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                path, result = future.result()
                for following in itertools.islice(remaining, 1):
                    under_way.add(pool.submit(measure, following))
                if isinstance(result, tuple):
                    # The detector keeps the size of its input: one image at a time.
                    result, image = result
                    result["faces"] = len(detect_faces(image))
                yield path, result
    finally:
        pool.shutdown(cancel_futures=True)


def _stamp(path: Path, faces: bool) -> str:
    status = path.stat()
    values = [str(path.resolve()), status.st_size, status.st_mtime_ns, faces, _VERSION]
    return json.dumps(values)


def _read_cache(cache: Path | None) -> dict[str, dict]:
    """Read what an earlier check measured; a line that was cut short is left out."""
    entries = {}
    if cache is None or not cache.exists():
        return entries
    with open(cache, encoding="utf-8", errors="replace") as file:
        start = file.read(len(_LINE_START))
        if start and not _LINE_START.startswith(start):
            raise FileExistsError(
                f"The file {str(cache)!r} would be added to, but has no measures of "
                "images; move it away, or name another output"
            )
        file.seek(0)
        for line in file:
            with contextlib.suppress(ValueError, KeyError, TypeError):
                values = parse_json(line)
                key = values.pop("key")
                if "error" not in values:
                    _to_measures(values)
                entries[key] = values
    return entries


def _to_measures(values: Mapping) -> Measures:
    return Measures(**{**values, "bars": tuple(values["bars"])})
