import numpy as np
import pytest

pytest.importorskip("pyarrow")

from animegan_tf.cluster.plan import plan_outputs
from animegan_tf.cluster.report import FAILED, OK, PENDING, Report, Row
from animegan_tf.cluster.sources import Source
from animegan_tf.imaging.writing import write_image

SETTINGS = {"style": "anime"}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.fixture
def write(folder):
    """A function that writes an output of 5x3 pixels."""
    return lambda name: write_image(np.zeros((3, 5, 3), np.uint8), folder / name)


def plan(folder, *names, settings=SETTINGS, **options):
    sources = [Source(f"/in/{name}", name, f"/in/{name}") for name in names]
    return plan_outputs(sources, Report(folder), folder, settings, **options)


def start(folder, *rows):
    Report(folder).start(SETTINGS, rows)


def test_report_is_read_as_it_was_written(folder):
    rows = [
        Row("/in/a.jpg", "a.jpg", OK, None, 0.25, 5, 3),
        Row("/in/b.jpg", "b.jpg", FAILED, "Not an image", None, None, None),
        Row("/in/c.jpg", "c.jpg"),
    ]
    start(folder, *rows)
    report = Report(folder)
    assert list(report.rows.values()) == rows
    assert report.settings == SETTINGS


def test_columns_have_types_even_without_values(folder):
    from pyarrow import parquet

    start(folder, Row("/in/a.jpg", "a.jpg"))
    schema = parquet.read_schema(folder / "report.parquet")
    assert dict(zip(schema.names, map(str, schema.types), strict=True)) == {
        "input": "string",
        "output": "string",
        "status": "string",
        "error": "string",
        "seconds": "double",
        "width": "int32",
        "height": "int32",
    }


def test_rows_of_a_run_that_was_killed_are_restored(folder):
    first, second = (Row(f"/in/{name}", name) for name in ("a.jpg", "b.jpg"))
    start(folder, first, second)
    done = first._replace(status=OK, seconds=1.0, width=5, height=3)
    with Report(folder).recording() as record:
        record(done)
        journal = (folder / ".report.jsonl").read_text()
    # As if the process had ended before, in the middle of the next line.
    start(folder, first, second)
    (folder / ".report.jsonl").write_text(journal + '["/in/b.jpg", "b.j')
    assert list(Report(folder).rows.values()) == [done, second]


def test_report_is_written_even_if_the_run_fails(folder):
    start(folder, Row("/in/a.jpg", "a.jpg"))
    done = Row("/in/a.jpg", "a.jpg", OK, None, 1.0, 5, 3)
    with pytest.raises(KeyboardInterrupt), Report(folder).recording() as record:
        record(done)
        raise KeyboardInterrupt
    assert [path.name for path in folder.iterdir()] == ["report.parquet"]
    assert list(Report(folder).rows.values()) == [done]


def test_other_parquet_files_are_no_reports(folder):
    import pyarrow
    from pyarrow import parquet

    parquet.write_table(pyarrow.table({"a": [1]}), folder / "report.parquet")
    with pytest.raises(ValueError, match="Not the report of a bulk job"):
        Report(folder)
    (folder / "report.parquet").write_bytes(b"text")
    with pytest.raises(ValueError, match="Not a report that can be read"):
        Report(folder)


def test_finished_outputs_are_skipped_and_deleted_ones_are_missing(folder, write):
    rows = [Row(f"/in/{n}", n, OK, None, 1.0, 5, 3) for n in ("a.png", "b.png")]
    start(folder, *rows)
    write("a.png")
    planned, obsolete = plan(folder, "a.png", "b.png")
    assert planned == [rows[0], Row("/in/b.png", "b.png", PENDING)]
    assert obsolete == []


def test_failed_images_are_tried_again(folder):
    start(folder, Row("/in/a.png", "a.png", FAILED, "Not an image"))
    assert plan(folder, "a.png")[0] == [Row("/in/a.png", "a.png", PENDING)]


def test_output_that_was_written_and_not_reported_is_finished(folder, write):
    start(folder, Row("/in/a.png", "a.png"))
    write("a.png")
    (row,), _ = plan(folder, "a.png")
    assert row == Row("/in/a.png", "a.png", OK, None, None, 5, 3)


def test_image_keeps_its_output_when_others_come(folder, write):
    start(folder, Row("/in/a.jpg", "a.jpg", OK, None, 1.0, 5, 3))
    write("a.jpg")
    sources = [Source(f"/{name}/a.jpg", "a.jpg", "") for name in ("other", "in")]
    planned, _ = plan_outputs(sources, Report(folder), folder, SETTINGS)
    assert [row.output for row in planned] == ["a-2.jpg", "a.jpg"]


def test_outputs_of_other_settings_are_refused(folder):
    start(folder, Row("/in/a.png", "a.png"))
    settings = {"style": "comic"}
    with pytest.raises(ValueError, match="style='anime', now style='comic'"):
        plan(folder, "a.png", settings=settings)
    assert plan(folder, "a.png", settings=settings, overwrite=True)[1] == []


def test_files_that_no_report_lists_are_kept(folder, write):
    path = write("a.png")
    with pytest.raises(FileExistsError, match="1 outputs already exist"):
        plan(folder, "a.png", "b.png")
    rows, obsolete = plan(folder, "a.png", "b.png", overwrite=True)
    assert obsolete == [path] and [row.status for row in rows] == 2 * [PENDING]
    assert path.exists()


def test_sources_are_never_deleted(folder, write):
    path = write("a.png")
    (folder / "link.png").symlink_to(path)
    source = Source("/link", "a.png", str(folder / "link.png"))
    with pytest.raises(ValueError, match="would overwrite the source"):
        plan_outputs([source], Report(folder), folder, SETTINGS, overwrite=True)
