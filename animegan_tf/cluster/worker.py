"""What the processes of a bulk job do: read images, and stylize them with one model."""

import contextlib
import itertools
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from animegan_tf.cluster.connection import Cluster
from animegan_tf.cluster.plan import output_size
from animegan_tf.cluster.report import FAILED, OK, Row, row_schema
from animegan_tf.cluster.sources import read_rows
from animegan_tf.cluster.storage import is_url, read_url

_THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
_MAX_ERROR = 1000


def read_block(table, column) -> Iterator:
    """Add the bytes of images that are in no local file, or why there are none."""
    import pyarrow

    rows = table.to_pylist()
    schema = table.schema.append(pyarrow.field("content", pyarrow.large_binary()))
    schema = schema.append(pyarrow.field("error", pyarrow.string()))
    contents = _read_group(rows, column) if rows[0]["row"] >= 0 else _read_files(rows)
    for row, content in zip(rows, contents, strict=False):
        key = "error" if isinstance(content, str) else "content"
        yield pyarrow.Table.from_pylist([row | {key: content}], schema=schema)


def _read_files(rows) -> Iterator[bytes | str | None]:
    """Yield the bytes of URLs, `None` for local files, or what went wrong."""
    for location in (os.fsdecode(row["location"]) for row in rows):
        try:
            yield read_url(location) if is_url(location) else None
        except Exception as error:
            yield _line(error)


def _read_group(rows, column) -> Iterator[bytes | str]:
    """Yield the bytes of rows of a Parquet file's row group, or what went wrong."""
    wanted = {row["row"] for row in rows}
    try:
        location = os.fsdecode(rows[0]["location"])
        contents = read_rows(location, rows[0]["row_group"], column)
        for index, content in enumerate(contents):
            if index in wanted:
                yield "The row has no image" if content is None else content
    except Exception as error:
        yield from itertools.repeat(_line(error))


class Worker:
    """A worker process: stylizes blocks of images with one model."""

    def __init__(self, build, output, cluster: Cluster):
        os.environ.update(dict.fromkeys(_THREADS, str(cluster.cpus)))
        # Several workers may share a GPU.
        os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"
        if not cluster.gpus:
            os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
        self._stylize = build()
        self._output = output

    def __call__(self, table) -> Iterator:
        """Stylize the images of a block; yield tables of one row of the report."""
        import pyarrow

        for values in table.to_pylist():
            row = self._process(values)
            yield pyarrow.Table.from_pylist([row._asdict()], schema=row_schema())

    def _process(self, values) -> Row:
        """Stylize an image, unless a worker that died has done so."""
        row = Row(values["input"], values["output"])
        target = self._output / row.output
        start, seconds, source = time.perf_counter(), None, None
        try:
            if not target.exists():
                if values.get("error"):
                    raise OSError(values["error"])
                target.parent.mkdir(parents=True, exist_ok=True)
                with _as_file(values) as source:
                    self._stylize(source, target)
                seconds = time.perf_counter() - start
            return row._replace(status=OK, seconds=seconds, **output_size(target))
        except Exception as error:
            # The name of a temporary file would mean nothing to the reader.
            text = _line(error).replace(str(source or row.input), row.input)
            return row._replace(status=FAILED, error=text)


@contextlib.contextmanager
def _as_file(values):
    """Yield the path of an image's file, or of a temporary one with its content."""
    content = values.get("content")
    if content is None:
        yield Path(os.fsdecode(values["location"]))
        return
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        yield Path(file.name)


def _line(error) -> str:
    """Return an error as one line."""
    text = " ".join(str(error).split()) or type(error).__name__
    # Names of files may have bytes that are no text.
    return text[:_MAX_ERROR].encode("utf-8", "backslashreplace").decode()


def try_worker(build, cluster) -> str | None:
    """Return why a worker cannot be built, or `None`, in a process of its own."""
    try:
        Worker(build, Path(), cluster)
    except Exception as error:
        return _line(error)
