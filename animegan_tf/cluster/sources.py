"""Find the images of a bulk job: files, folders, patterns, lists, Parquet, URLs."""

import glob
import os
import posixpath
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from animegan_tf.cluster.storage import (
    expand_url,
    is_listable,
    is_url,
    list_url,
    local_path,
    open_url,
    path_of_url,
    public_url,
    sibling_url,
)
from animegan_tf.imaging.formats import IMAGE_SUFFIXES, change_suffixes, list_images

LIST_SUFFIX, TABLE_SUFFIX = ".txt", ".parquet"
# Columns of a Parquet file that may hold images or their paths, the first one first.
COLUMNS = ("image", "bytes", "path")
_NAME_COLUMNS = ("path", "name")
_DEFAULT_SUFFIX = ".png"
_WILDCARDS = re.compile(r"[*?\[]")
_FILE = -1


class Source(NamedTuple):
    """An image to stylize.

    Attributes:
        input: Its name in the report: an absolute path, a URL without passwords, or
            `FILE.parquet#ROW`.
        name: Relative path of its output, with `/`, before a change of the format.
        location: Path or URL of the file that holds it.
        row_group: Row group in a Parquet file; -1 for an image file.
        row: Row within the row group; -1 for an image file.
    """

    input: str
    name: str
    location: str
    row_group: int = _FILE
    row: int = _FILE

    @property
    def is_row(self) -> bool:
        """Whether the image is in a row of a Parquet file."""
        return self.row_group != _FILE


def find_sources(
    inputs: Iterable[str], *, output=None, column: str | None = None
) -> list[Source]:
    """Find all images, each once.

    Args:
        inputs: Files, folders and patterns such as `photos/**/*.jpg`, as paths or as
            URLs; `.txt` files with a path or URL in each line; `.parquet` files.
            Relative paths in `.txt` and `.parquet` files begin at their folder.
        output: Folder of the outputs; images in it are left out.
        column: Column of Parquet files: bytes, a structure with a field `bytes`, or
            paths. `None` is the first of `COLUMNS` that exists.

    Returns:
        The sources. An output's name is the path relative to the folder that was given,
        below that folder's name if there are several inputs; for a line of a list, the
        whole line.

    Raises:
        FileNotFoundError: If an input does not exist, or a pattern matches no image.
        ValueError: If there are no images, an input is `output` itself or no image,
            folder, list or table, or a Parquet file has no such column.
    """
    inputs = [local_path(str(text)) for text in inputs]
    sources = {}
    for text in inputs:
        for source in _find(text, output, column, nested=len(inputs) > 1):
            sources.setdefault(source.input, source)
    if not sources:
        raise ValueError(f"No images in {', '.join(repr(_label(i)) for i in inputs)}")
    return list(sources.values())


def name_outputs(
    names: list[str], *, suffix: str | None = None, taken: Iterable[str] = ()
) -> list[str]:
    """Choose distinct relative paths of the outputs.

    Args:
        names: Relative paths with `/`.
        suffix: Suffix of all outputs; `None` keeps those of image formats, and makes
            others `.png`.
        taken: Relative paths that other outputs have.

    Returns:
        The paths, in the same order. Names that differ only in their suffixes become
        like `a-jpg.png`, and other equal names get a number, as `a-2.png`.
    """
    paths = [PurePosixPath(name) for name in names]
    if suffix is None:
        paths = [
            path
            if path.suffix.lower() in IMAGE_SUFFIXES
            else path.with_name(path.name + _DEFAULT_SUFFIX)
            for path in paths
        ]
    else:
        paths = change_suffixes(paths, suffix)
    used = {os.path.normcase(path) for path in taken}
    counts, outputs = {}, []
    for path in paths:
        output, key = path, os.path.normcase(path)
        while os.path.normcase(output) in used:
            counts[key] = counts.get(key, 1) + 1
            output = path.with_name(f"{path.stem}-{counts[key]}{path.suffix}")
        used.add(os.path.normcase(output))
        outputs.append(str(output))
    return outputs


def _as_text(path) -> str:
    """Return a path as text; bytes of names that are no text are escaped."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _label(location) -> str:
    """Return the name of a file in reports and messages."""
    return public_url(location) if is_url(location) else _as_text(location)


def _find(text, output, column, nested) -> Iterator[Source]:
    """Find the images of one input."""
    if is_url(text):
        yield from _find_url(text, column, nested)
        return
    path = Path(text)
    if path.is_dir():
        yield from _find_folder(path, output, nested)
    elif path.exists():
        yield from _open_file(str(path.absolute()), path.name, column)
    elif _WILDCARDS.search(text):
        found = sorted(glob.glob(str(path.absolute()), recursive=True))
        files = [name for name in found if os.path.isfile(name)]
        files = list(_without_outputs(files, output))
        yield from _open_files(text, files, str(path.absolute()), column)
    else:
        raise FileNotFoundError(f"No such file or folder: {text!r}")


def _find_folder(folder, output, nested):
    """Find the images of a folder and its subfolders."""
    if output is not None and folder.resolve() == Path(output).resolve():
        raise ValueError(
            "`output` must be another folder than the inputs. "
            f"Received: {str(output)!r}"
        )
    folder = folder.absolute()
    # The name of `.` or `..` is that of the folder it stands for.
    prefix = PurePosixPath(folder.resolve().name if nested else "")
    for path in _without_outputs(list_images(folder, recursive=True), output):
        name = prefix / path.relative_to(folder).as_posix()
        yield Source(_as_text(path), _as_text(name), str(path))


def _without_outputs(paths, output):
    """Leave out what an earlier run may have written."""
    output = None if output is None else Path(output).resolve()
    for path in paths:
        if output not in Path(path).resolve().parents:
            yield path


def _find_url(url, column, nested):
    if not is_listable(url):
        yield from _open_file(url, PurePosixPath(path_of_url(url)).name, column)
        return
    if _WILDCARDS.search(path_of_url(url)):
        yield from _open_files(public_url(url), expand_url(url), url, column)
        return
    found = list_url(url)
    base = path_of_url(url).rstrip("/")
    if found is None:
        yield from _open_file(url, PurePosixPath(base).name, column)
        return
    prefix = PurePosixPath(base).name if nested else ""
    for item in found:
        name = path_of_url(item)[len(base) + 1 :]
        if PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES:
            yield Source(public_url(item), posixpath.join(prefix, name), item)


def _open_files(text, files, pattern, column):
    """Find the images of the files that match a pattern, below its fixed part."""
    kinds = (*IMAGE_SUFFIXES, LIST_SUFFIX, TABLE_SUFFIX)
    files = [name for name in files if _as_path(name).lower().endswith(kinds)]
    if not files:
        raise FileNotFoundError(f"No images match {text!r}")
    fixed = _as_path(pattern[: _WILDCARDS.search(pattern).start()])
    begin = fixed.rfind("/") + 1
    for file in files:
        yield from _open_file(file, _as_path(file)[begin:], column)


def _as_path(location):
    return path_of_url(location) if is_url(location) else location.replace(os.sep, "/")


def _open_file(location, name, column):
    """Find the images of one file: itself, or those of a list or a table."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix == LIST_SUFFIX:
        yield from _read_list(location)
    elif suffix == TABLE_SUFFIX:
        yield from _read_table(location, name, column)
    else:
        yield Source(_label(location), _as_text(name), location)


def _read_list(location):
    if is_url(location):
        with open_url(location) as file:
            text = file.read().decode("utf-8")
    else:
        text = Path(location).read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.strip():
            yield _read_entry(line.strip(), location)


def _read_entry(entry, location) -> Source:
    """Return the source that a line of a list or a cell of a table names."""
    entry = local_path(entry)
    if is_url(entry):
        return Source(public_url(entry), _safe_name(path_of_url(entry)), entry)
    if is_url(location) and not entry.startswith("/"):
        url = sibling_url(location, entry)
        return Source(public_url(url), _safe_name(entry), url)
    path = os.path.normpath(os.path.join(os.path.dirname(location), entry))
    return Source(path, _safe_name(entry), path)


def _safe_name(name: str) -> str:
    """Return a relative path that stays below the folder of the outputs."""
    name = os.path.splitdrive(name)[1].replace("\\", "/").replace("\0", "")
    parts = [part for part in name.split("/") if part not in ("", ".", "..")]
    return "/".join(parts) or "image"


def _read_table(location, name, column):
    """Find the images of a Parquet file, of which only names are read."""
    with _open_table(location) as file:
        column, names = _choose_columns(file.schema_arrow, column, location)
        label = _label(location)
        stem = str(PurePosixPath(name).with_suffix(""))
        index = 0
        for group in range(file.num_row_groups):
            if names is None:
                entries = [None] * file.metadata.row_group(group).num_rows
            else:
                table = file.read_row_group(group, columns=[names])
                entries = _flatten(table.column(0)).to_pylist()
            for row, entry in enumerate(entries):
                if column is None:
                    if entry is not None:
                        yield _read_entry(entry, location)
                else:
                    default = f"{stem}/{index:06d}{_DEFAULT_SUFFIX}"
                    output = _safe_name(entry) if entry else default
                    yield Source(f"{label}#{index}", output, location, group, row)
                index += 1


def _open_table(location):
    """Open a Parquet file, as a context manager."""
    from pyarrow import ArrowInvalid, parquet

    try:
        return parquet.ParquetFile(open_url(location) if is_url(location) else location)
    except ArrowInvalid as error:
        raise ValueError(f"Not a Parquet file: {_label(location)!r}") from error


def _flatten(column):
    """Return a column; of a structure, the only field that was read."""
    from pyarrow import compute

    return compute.struct_field(column, 0) if column.type.num_fields else column


def _choose_columns(schema, column, location):
    """Return the column of bytes, or `None`, and the column of names, or `None`.

    They are names as Parquet has them: `image.bytes` is a field of a structure.
    """
    from pyarrow import types

    names = [column] if column else [name for name in COLUMNS if name in schema.names]
    if not names or names[0] not in schema.names:
        raise ValueError(
            f"`column` must be a column of {_label(location)!r}, which has "
            f"{', '.join(schema.names)}. Received: column={column!r}"
        )
    kind = schema.field(names[0]).type
    if _is_text(kind):
        return None, names[0]
    if types.is_struct(kind):
        fields = {kind.field(i).name for i in range(kind.num_fields)}
        if "bytes" in fields:
            path = f"{names[0]}.path" if "path" in fields else None
            return f"{names[0]}.bytes", path
    if types.is_binary(kind) or types.is_large_binary(kind):
        named = [
            name
            for name in _NAME_COLUMNS
            if name in schema.names and _is_text(schema.field(name).type)
        ]
        return names[0], named[0] if named else None
    raise ValueError(
        "`column` must hold bytes, paths, or a structure with a field `bytes`. "
        f"Received: column={names[0]!r} of type {kind}"
    )


def _is_text(kind):
    from pyarrow import types

    return types.is_string(kind) or types.is_large_string(kind)


def read_rows(location: str, row_group: int, column: str | None) -> Iterator[bytes]:
    """Read the images in a row group of a Parquet file, a few at a time.

    Args:
        location: Path or URL of the file.
        row_group: Number of the row group.
        column: See `find_sources`.

    Yields:
        The bytes of each row, `None` where there are none.
    """
    with _open_table(location) as file:
        chosen, _ = _choose_columns(file.schema_arrow, column, location)
        for batch in file.iter_batches(16, row_groups=[row_group], columns=[chosen]):
            for value in _flatten(batch.column(0)):
                yield value.as_py()
