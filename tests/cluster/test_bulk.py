import os
import socket
import sys

import numpy as np
import pytest

from animegan_tf.cluster.bulk import stylize_bulk
from animegan_tf.cluster.connection import Cluster, connect, count_workers
from animegan_tf.imaging.reading import read_image
from animegan_tf.imaging.writing import write_image

needs_ray = pytest.mark.usefixtures("ray")


@pytest.fixture
def ray():
    return pytest.importorskip("ray", reason='pip install "animegan_tf[cluster]"')


@pytest.fixture
def write(tmp_path):
    """A function that writes an image of noise, which `fill` determines."""

    def write_noise(name, fill=0, size=(8, 12)):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        image = np.random.default_rng(fill).integers(0, 256, (*size, 3), np.uint8)
        return write_image(image, path)

    return write_noise


def rows_of(folder):
    from pyarrow import parquet

    rows = parquet.read_table(folder / "report.parquet").to_pylist()
    return {row["output"]: row for row in rows}


def times_of(folder):
    paths = (path for path in folder.rglob("*.png"))
    return {path.name: path.stat().st_mtime_ns for path in paths}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"workers": 0}, "`workers` must be at least 1. Received: workers=0"),
        ({"cpus": 0}, "`cpus` must be at least 1. Received: cpus=0"),
        ({"gpus": -1.0}, "`gpus` must be at least 0. Received: gpus=-1.0"),
    ],
)
def test_impossible_clusters_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Cluster(**arguments)


def test_there_are_as_many_workers_as_cores_or_gpus():
    resources = {"CPU": 8.0, "GPU": 2.0}
    assert count_workers(resources, Cluster()) == 8
    assert count_workers(resources, Cluster(cpus=3)) == 2
    assert count_workers(resources, Cluster(gpus=0.5)) == 4
    assert count_workers(resources, Cluster(cpus=4, gpus=0.5)) == 2
    with pytest.raises(ValueError, match="Received: 8 CPUs, 0 GPUs"):
        count_workers({"CPU": 8.0}, Cluster(gpus=1.0))
    with pytest.raises(ValueError, match="must have 9 CPUs"):
        count_workers(resources, Cluster(cpus=9))


@needs_ray
def test_an_address_where_nobody_listens_is_refused_at_once():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = "{}:{}".format(*server.getsockname())
    with (
        pytest.raises(ConnectionError, match=f"No Ray cluster at '{address}'"),
        connect(Cluster(address=address)),
    ):
        pass


def test_missing_ray_is_one_line_that_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ModuleNotFoundError, match=r'"animegan_tf\[cluster\]"'):
        stylize_bulk([tmp_path], tmp_path / "out", lambda: None)


@needs_ray
@pytest.mark.slow
def test_every_kind_of_input_is_stylized_once(tmp_path, write):
    import pyarrow
    from pyarrow import parquet

    for index in range(19):
        write(f"in/{index % 2}/{index}.png", index)
    write(f"in/1/{os.fsdecode(b'caf' + bytes([233]))}.png", 19)
    (tmp_path / "in" / "text.png").write_text("text")
    (tmp_path / "in" / "cut.png").write_bytes(
        write("whole.png", size=(64, 64)).read_bytes()[:500]
    )
    content = [write(f"{index}.png", 100 + index).read_bytes() for index in range(5)]
    table = pyarrow.table({"bytes": [*content, None, b"text"]})
    parquet.write_table(table, tmp_path / "table.parquet", row_group_size=3)
    (tmp_path / "list.txt").write_text(
        f"in/0/0.png\nlocal://{write('url.png', 7)}\nlocal:///no.png\nmissing.png\n"
    )
    names = ("in", "table.parquet", "list.txt")
    inputs = [str(tmp_path / name) for name in names]
    output = tmp_path / "out"
    counts = []

    # Nested functions are pickled whole; workers cannot import this module.
    def build():
        return lambda source, target: write_image(255 - read_image(source), target)

    def run():
        return stylize_bulk(
            inputs,
            output,
            lambda: (
                lambda source, target: write_image(255 - read_image(source), target)
            ),
            cluster=Cluster(workers=2),
            progress=lambda done, total: counts.append((done, total)),
        )

    summary = run()
    assert (summary.written, summary.skipped, summary.failed) == (26, 0, 6)
    assert counts == [(index, 32) for index in range(1, 33)]
    rows = rows_of(output)
    failed = {name: row["error"] for name, row in rows.items() if row["error"]}
    assert sorted(failed) == [
        "in/cut.png",
        "in/text.png",
        "missing.png",
        "no.png",
        "table/000005.png",
        "table/000006.png",
    ]
    assert "Truncated or damaged image" in failed["in/cut.png"]
    assert "Not an image" in failed["in/text.png"]
    assert failed["table/000005.png"] == "The row has no image"
    # The name of the temporary file would mean nothing.
    assert f"{tmp_path / 'table.parquet'}#6" in failed["table/000006.png"]
    for name, row in rows.items():
        if row["status"] == "ok":
            assert (row["width"], row["height"]) == (12, 8) and row["seconds"] > 0
            assert (output / name).is_file()
        else:
            assert row["width"] is None and not (output / name).exists()
    source = read_image(tmp_path / "in" / "1" / "3.png")
    np.testing.assert_array_equal(read_image(output / "in/1/3.png"), 255 - source)
    source = read_image(tmp_path / "4.png")
    np.testing.assert_array_equal(read_image(output / "table/000004.png"), 255 - source)

    before = times_of(output)
    (output / "in" / "0" / "2.png").unlink()
    write("in/1/new.png", 9)
    summary = run()
    assert (summary.written, summary.skipped, summary.failed) == (2, 25, 6)
    after = times_of(output)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"2.png", "new.png"}
    assert not [path for path in output.rglob(".*")]


@needs_ray
@pytest.mark.slow
def test_image_that_kills_its_worker_fails_and_others_do_not(tmp_path, write):
    for index in range(8):
        write(f"in/{index}.png", index)
    write("in/deadly.png", size=(4, 4))
    write("in/once.png", size=(5, 5))
    log = tmp_path / "log.txt"

    def build():
        def stylize(source, target):
            image = read_image(source)
            with open(log, "a") as file:
                file.write(f"{source.name}\n")
            if len(image) == 4:
                os.kill(os.getpid(), 9)
            marker = tmp_path / "died"
            if len(image) == 5 and not marker.exists():
                marker.touch()
                os.kill(os.getpid(), 9)
            write_image(255 - image, target)

        return stylize

    output = tmp_path / "out"
    inputs = [str(tmp_path / "in")]
    summary = stylize_bulk(inputs, output, build, cluster=Cluster(workers=2))
    assert (summary.written, summary.failed) == (9, 1)
    rows = rows_of(output)
    assert "worker died" in rows["deadly.png"]["error"]
    assert rows["once.png"]["status"] == "ok"
    # What was written before a worker died is not stylized again.
    lines = log.read_text().split()
    assert all(lines.count(f"{index}.png") == 1 for index in range(8))


@needs_ray
@pytest.mark.slow
def test_workers_that_cannot_be_built_change_nothing(tmp_path, write):
    write("in/a.png")
    write("out/a.png", 1)
    before = times_of(tmp_path / "out")

    def build():
        raise ValueError("No such style")

    with pytest.raises(ValueError, match="^No such style$"):
        stylize_bulk(
            [str(tmp_path / "in")],
            tmp_path / "out",
            build,
            cluster=Cluster(workers=1),
            overwrite=True,
        )
    assert times_of(tmp_path / "out") == before
    assert not (tmp_path / "out" / "report.parquet").exists()
