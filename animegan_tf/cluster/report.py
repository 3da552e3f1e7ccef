"""The report of a bulk job: what became of every image, as a Parquet file.

While a job runs, new rows are appended to a text file, from which the next run restores
them if this one is killed.
"""

import contextlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from animegan_tf.utils.atomic_path import atomic_path

REPORT, _JOURNAL = "report.parquet", ".report.jsonl"
PENDING, OK, FAILED = "pending", "ok", "failed"
_SETTINGS = b"animegan_tf.settings"


class Row(NamedTuple):
    """What became of one image.

    Attributes:
        input: See `Source.input`.
        output: Path of the output, relative to the folder of the report.
        status: `"ok"`, `"failed"`, or `"pending"` if it was not tried.
        error: Why it failed, in one line.
        seconds: Time from reading to the written file; `None` if a worker died after
            writing the file and before reporting it.
        width: Width of the output in pixels.
        height: Height of the output in pixels.
    """

    input: str
    output: str
    status: str = PENDING
    error: str | None = None
    seconds: float | None = None
    width: int | None = None
    height: int | None = None


def row_schema():
    """Return the columns of the report as a `pyarrow.Schema`."""
    import pyarrow

    types = dict.fromkeys(Row._fields, pyarrow.string())
    types |= {"seconds": pyarrow.float64()}
    types |= dict.fromkeys(("width", "height"), pyarrow.int32())
    return pyarrow.schema(types.items())


class Report:
    """Rows of a folder of outputs, by input.

    Args:
        folder: The folder; an existing report and an unfinished journal are read.

    Attributes:
        rows: Dictionary from inputs to their `Row`, in the order of the report.
        settings: Dictionary of the settings of the outputs; `None` without a report.

    Raises:
        ValueError: If the folder has another file of the report's name.
    """

    def __init__(self, folder):
        self._folder = Path(folder)
        self.rows: dict[str, Row] = {}
        self.settings: dict | None = None
        if (self._folder / REPORT).exists():
            self._read()

    def start(self, settings: dict, rows: Iterable[Row]) -> None:
        """Write the report of a run that begins, before any output is written.

        Args:
            settings: Settings of the outputs, as JSON values.
            rows: Rows to add or to replace.
        """
        self.settings = settings
        self.rows.update((row.input, row) for row in rows)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._write()

    @contextlib.contextmanager
    def recording(self):
        """Yield a function that records a row; finally, the report is written."""
        with open(self._folder / _JOURNAL, "a", encoding="utf-8") as journal:

            def record(row: Row) -> None:
                self.rows[row.input] = row
                journal.write(json.dumps(row) + "\n")
                journal.flush()

            try:
                yield record
            finally:
                self._write()

    def _read(self) -> None:
        import pyarrow
        from pyarrow import parquet

        path = self._folder / REPORT
        try:
            table = parquet.read_table(path, partitioning=None)
        except (OSError, pyarrow.ArrowInvalid) as error:
            raise ValueError(f"Not a report that can be read: {str(path)!r}") from error
        settings = (table.schema.metadata or {}).get(_SETTINGS)
        if settings is None or set(table.schema.names) != set(Row._fields):
            raise ValueError(f"Not the report of a bulk job: {str(path)!r}")
        self.settings = json.loads(settings)
        for values in table.to_pylist():
            self.rows[values["input"]] = Row(**values)
        with contextlib.suppress(FileNotFoundError):
            lines = (self._folder / _JOURNAL).read_text(encoding="utf-8").split("\n")
            # A line that was cut off has no end; its image counts as pending.
            for row in (Row(*json.loads(line)) for line in lines[:-1]):
                self.rows[row.input] = row

    def _write(self) -> None:
        """Write all rows to the report, which then includes the journal's."""
        import pyarrow
        from pyarrow import parquet

        settings = {_SETTINGS: json.dumps(self.settings).encode()}
        columns = list(map(list, zip(*self.rows.values(), strict=True)))
        schema = row_schema().with_metadata(settings)
        table = pyarrow.table(columns, schema=schema)
        with atomic_path(self._folder / REPORT) as temporary:
            parquet.write_table(table, temporary)
        with contextlib.suppress(FileNotFoundError):
            (self._folder / _JOURNAL).unlink()
