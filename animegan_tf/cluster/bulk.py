"""Stylize any number of images with Ray Data: one model in each worker process."""

import contextlib
import dataclasses
import itertools
import logging
import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from animegan_tf.cluster.connection import Cluster, connect
from animegan_tf.cluster.plan import plan_outputs
from animegan_tf.cluster.report import FAILED, OK, Report, Row
from animegan_tf.cluster.sources import Source, find_sources
from animegan_tf.cluster.storage import is_url
from animegan_tf.cluster.worker import Worker, read_block, try_worker
from animegan_tf.utils.atomic_path import is_temporary
from animegan_tf.utils.folder_lock import FolderLock

# Images of a block, the unit of work that Ray repeats after the death of a worker; more
# if there would be too many blocks.
_BLOCK, _MAX_BLOCKS = 16, 10_000
# Bytes of image files in a block: memory stays bounded, and the last workers busy.
_BLOCK_BYTES = 2**20
# Times that Ray repeats a block. A block that fails each time is split into its images.
_RETRIES = 2
# Processes that read URLs and Parquet files; they mostly wait.
_READERS = 4


@dataclasses.dataclass(frozen=True)
class Summary:
    """Numbers of images of a bulk job: written now, found finished, and failed."""

    written: int
    skipped: int
    failed: int


def stylize_bulk(
    inputs: Iterable[str],
    output,
    build: Callable[[], Callable[[Path, Path], object]],
    *,
    settings: dict | None = None,
    suffix: str | None = None,
    column: str | None = None,
    cluster: Cluster | None = None,
    overwrite: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Stylize images on a Ray cluster, and report what became of each.

    `output/report.parquet` has a `Row` for every image. A second call skips the images
    that it reports as finished and whose outputs exist; failed ones are tried again.
    The work of a worker that dies is repeated by others. An image whose worker dies
    repeatedly is reported as failed.

    Args:
        inputs: See `find_sources`.
        output: Folder of the outputs, which all machines of the cluster share.
        build: Called once in each worker; returns a function of the path of an image
            and that of its output, which must be written atomically. It is pickled.
        settings: What the outputs depend on, as JSON values, to be compared with those
            of the earlier outputs.
        suffix: See `name_outputs`.
        column: See `find_sources`.
        cluster: Where to run; `None` for the defaults of `Cluster`.
        overwrite: Whether to delete earlier outputs first.
        progress: Called with the number of images done and their total.

    Returns:
        A `Summary`.

    Raises:
        FileExistsError: If an output exists that no report lists.
        FileNotFoundError: If an input does not exist.
        ConnectionError: If the cluster cannot be reached or started.
        ModuleNotFoundError: If Ray is not installed.
        ValueError: If an input is not as described, the output folder has outputs of
            other settings, or `build` fails.
    """
    try:
        # It imports PyArrow and fsspec, too.
        import ray.data  # noqa: F401
    except ImportError as error:
        raise ModuleNotFoundError(
            'Bulk stylization needs `pip install "animegan_tf[cluster]"`. '
            f"Received: {error}"
        ) from error
    output = Path(output).absolute()
    settings = {"suffix": suffix, **(settings or {})}
    sources = find_sources(inputs, output=output, column=column)
    job = _Job(output, build, column, cluster or Cluster())
    with _locked(output):
        report = Report(output)
        rows, obsolete = plan_outputs(
            sources, report, output, settings, suffix=suffix, overwrite=overwrite
        )
        pairs = zip(sources, rows, strict=True)
        todo = [(source, row) for source, row in pairs if row.status != OK]
        with job.connected() if todo else contextlib.nullcontext(0) as workers:
            for target in obsolete:
                target.unlink()
            if overwrite:
                report.rows.clear()
            report.start(settings, rows)
            with report.recording() as record:
                for done, row in enumerate(job.run(todo, workers), 1):
                    record(row)
                    if progress:
                        progress(done, len(todo))
        _remove_temporary({(output / row.output).parent for _, row in todo})
    failed = sum(report.rows[row.input].status != OK for _, row in todo)
    return Summary(len(todo) - failed, len(sources) - len(todo), failed)


@contextlib.contextmanager
def _locked(folder):
    """Refuse to work in a folder in which another job works."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FolderLock(folder)
    if not lock.acquire():
        raise FileExistsError(f"Another job is writing to {str(folder)!r}")
    try:
        yield
    finally:
        lock.release()


def _remove_temporary(folders) -> None:
    """Delete the unfinished outputs of workers that died."""
    for folder in folders:
        for path in folder.iterdir() if folder.is_dir() else ():
            if is_temporary(path):
                path.unlink()


@dataclasses.dataclass(frozen=True)
class _Job:
    """What the images of a bulk job have in common; see `stylize_bulk`."""

    output: Path
    build: Callable
    column: str | None
    cluster: Cluster

    @contextlib.contextmanager
    def connected(self):
        """Yield the number of workers, once one of them can be built."""
        import ray

        cluster = self.cluster
        with connect(cluster) as workers:
            check = ray.remote(num_cpus=cluster.cpus, num_gpus=cluster.gpus)(try_worker)
            if error := ray.get(check.remote(self.build, cluster)):
                raise ValueError(error)
            yield workers

    def run(self, todo: list[tuple[Source, Row]], workers: int) -> Iterator[Row]:
        """Yield the row of each image as it is finished, in any order."""
        waiting = {source.input: (source, row) for source, row in todo}
        # An image that kills its worker fails its whole block; the others of it get
        # another chance, one by one.
        for length in (max(_BLOCK, len(todo) // _MAX_BLOCKS), 1):
            blocks = list(_to_blocks(waiting.values(), length))
            for row in self._process(blocks, workers) if blocks else ():
                del waiting[row.input]
                yield row
        error = f"Its worker died {2 * (_RETRIES + 1)} times, possibly out of memory"
        for _, row in waiting.values():
            yield row._replace(status=FAILED, error=error)

    def _process(self, blocks, workers) -> Iterator[Row]:
        """Process blocks with Ray Data. Those whose workers died have no rows."""
        import ray

        with _settings(ray.data.DataContext.get_current()):
            dataset = ray.data.from_arrow([_to_table(block) for block in blocks])
            if any(_is_remote(source) for block in blocks for source, _ in block):
                dataset = dataset.map_batches(
                    read_block,
                    batch_size=None,
                    batch_format="pyarrow",
                    fn_kwargs={"column": self.column},
                    num_cpus=0,
                    concurrency=max(_READERS, workers),
                )
            dataset = dataset.map_batches(
                Worker,
                batch_size=None,
                batch_format="pyarrow",
                fn_constructor_args=(self.build, self.output, self.cluster),
                # One block at a time: a worker's death says nothing about others.
                compute=ray.data.ActorPoolStrategy(
                    size=min(workers, len(blocks)), max_tasks_in_flight_per_actor=1
                ),
                num_cpus=self.cluster.cpus,
                num_gpus=self.cluster.gpus,
                ray_remote_args_fn=lambda: {"max_task_retries": _RETRIES},
            )
            for batch in dataset.iter_batches(batch_size=None, batch_format="pyarrow"):
                for values in batch.to_pylist():
                    yield Row(**values)


@contextlib.contextmanager
def _settings(context):
    """Set the options of Ray Data, and restore them."""
    values = {
        "enable_progress_bars": False,
        "max_errored_blocks": -1,
        "target_max_block_size": _BLOCK_BYTES,
    }
    before = {name: getattr(context, name) for name in values}
    logger = logging.getLogger("ray.data")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    for name, value in values.items():
        setattr(context, name, value)
    try:
        with warnings.catch_warnings():
            # Ray 2.60 deprecates every way to set the number of retries.
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        logger.setLevel(level)
        for name, value in before.items():
            setattr(context, name, value)


def _to_blocks(items, length) -> Iterator[list[tuple[Source, Row]]]:
    """Divide images into blocks; rows of a Parquet file, into its row groups."""

    def row_group(item):
        source = item[0]
        return (source.location, source.row_group) if source.is_row else None

    for group, members in itertools.groupby(items, row_group):
        members = list(members)
        # A row group is read from its start: no more often than is necessary.
        size = len(members) if group and length > 1 else length
        for begin in range(0, len(members), size):
            yield members[begin : begin + size]


def _to_table(block):
    """Return a block as a PyArrow table, as `read_block` and `Worker` take it."""
    import pyarrow

    # Names of files may have bytes that are no text.
    return pyarrow.Table.from_pylist(
        [
            source._asdict()
            | {"output": row.output, "location": os.fsencode(source.location)}
            for source, row in block
        ]
    )


def _is_remote(source) -> bool:
    return source.is_row or is_url(source.location)
