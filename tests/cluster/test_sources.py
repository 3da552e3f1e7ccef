import os
import sys
from pathlib import Path

import pytest

from animegan_tf.cluster.sources import find_sources, name_outputs, read_rows
from animegan_tf.cluster.storage import (
    path_of_url,
    public_url,
    read_url,
    sibling_url,
)


@pytest.fixture
def photos(tmp_path):
    """A folder of files with the names of images, and one that is none."""
    for name in ("a.jpg", "deep/a.png", "deep/er/b.tif", "notes.md", ".hidden.png"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return tmp_path / "photos"


@pytest.fixture
def write_table(tmp_path):
    """A function that writes a Parquet file of two row groups."""
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")

    def write(columns, name="table.parquet"):
        table = pyarrow.table(columns)
        parquet.write_table(table, tmp_path / name, row_group_size=2)
        return str(tmp_path / name)

    return write


def names(sources):
    return [source.name for source in sources]


def test_folder_is_mirrored_with_its_subfolders(photos):
    sources = find_sources([str(photos)])
    assert names(sources) == ["a.jpg", "deep/a.png", "deep/er/b.tif"]
    assert [source.input for source in sources] == [
        str(photos / name) for name in names(sources)
    ]


def test_several_folders_are_mirrored_below_their_names(photos):
    sources = find_sources([str(photos / "deep"), str(photos / "deep" / "er")])
    # The image that both have is found once.
    assert names(sources) == ["deep/a.png", "deep/er/b.tif"]


def test_pattern_is_mirrored_below_its_fixed_part(photos):
    sources = find_sources([f"{photos}/**/*.[pt]*"])
    assert names(sources) == ["deep/a.png", "deep/er/b.tif"]
    assert names(find_sources([f"{photos}/d*/a.png"])) == ["deep/a.png"]


def test_file_whose_name_has_wildcards_is_that_file(tmp_path):
    for name in ("a[1].jpg", "a1.jpg"):
        (tmp_path / name).write_bytes(b"")
    assert names(find_sources([str(tmp_path / "a[1].jpg")])) == ["a[1].jpg"]


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are bytes on Linux")
def test_names_that_are_no_text_become_text(tmp_path):
    path = os.fsencode(tmp_path) + b"/caf\xe9.jpg"
    open(path, "wb").close()
    (source,) = find_sources([str(tmp_path)])
    assert source.name == "caf\\xe9.jpg"
    assert source.input == f"{tmp_path}/caf\\xe9.jpg"
    assert os.fsencode(source.location) == path


def test_outputs_below_an_input_are_no_inputs(photos):
    sources = find_sources([str(photos)], output=photos / "deep")
    assert names(sources) == ["a.jpg"]
    sources = find_sources([f"{photos}/**/*.*"], output=photos / "deep")
    assert names(sources) == ["a.jpg"]
    with pytest.raises(ValueError, match="`output` must be another folder"):
        find_sources([str(photos)], output=photos)


def test_relative_lines_of_a_list_begin_at_its_folder(photos, tmp_path, monkeypatch):
    absolute = tmp_path / "other" / "c.jpg"
    path = photos / "list.txt"
    lines = ["deep/a.png", "", str(absolute), "s3://bucket/d/e.jpg", "../x.jpg"]
    path.write_text("\n".join(lines))
    monkeypatch.chdir("/")
    sources = find_sources([str(path)])
    assert [source.input for source in sources] == [
        str(photos / "deep" / "a.png"),
        str(absolute),
        "s3://bucket/d/e.jpg",
        str(tmp_path / "x.jpg"),
    ]
    outside = absolute.as_posix().lstrip("/")
    assert names(sources) == ["deep/a.png", outside, "bucket/d/e.jpg", "x.jpg"]


def test_report_shows_no_password_and_the_address_of_a_web_page_is_whole(tmp_path):
    path = tmp_path / "list.txt"
    secret = "s3://key:secret@bucket/a.jpg?endpoint_override=host:9000"
    path.write_text(f"{secret}\nhttps://host/image?id=3\n")
    first, second = find_sources([str(path)])
    assert (first.input, first.name) == ("s3://bucket/a.jpg", "bucket/a.jpg")
    assert first.location == secret
    assert second.input == second.location == "https://host/image?id=3"
    assert second.name == "host/image"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (["missing.jpg"], "No such file or folder: 'missing.jpg'"),
        (["no*thing.jpg"], "No images match 'no\\*thing.jpg'"),
        (["empty"], "No images in 'empty'"),
    ],
)
def test_missing_inputs_are_refused(tmp_path, monkeypatch, content, message):
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    with pytest.raises((FileNotFoundError, ValueError), match=message):
        find_sources(content)


def test_paths_in_a_table_are_like_lines_of_a_list(write_table, tmp_path):
    table = write_table({"path": ["a.jpg", "b/c.png", None], "label": [1, 2, 3]})
    sources = find_sources([table])
    assert names(sources) == ["a.jpg", "b/c.png"]
    assert sources[1].location == str(tmp_path / "b" / "c.png")
    assert not sources[0].is_row


def test_bytes_in_a_table_are_named_by_their_paths_or_numbers(write_table):
    content = [b"0", b"1", b"2"]
    table = write_table({"bytes": content, "name": ["x.jpg", None, "../../y"]})
    sources = find_sources([table])
    assert names(sources) == ["x.jpg", "table/000001.png", "y"]
    assert [source.input for source in sources] == [f"{table}#{i}" for i in range(3)]
    assert [(s.row_group, s.row) for s in sources] == [(0, 0), (0, 1), (1, 0)]
    assert list(read_rows(table, 0, None)) == content[:2]
    assert list(read_rows(table, 1, None)) == content[2:]


def test_structures_of_bytes_and_path_are_read_as_on_hubs(write_table):
    images = [{"bytes": b"0", "path": "x.jpg"}, None, {"bytes": b"2", "path": None}]
    table = write_table({"image": images, "path": ["p", "q", "r"]})
    assert names(find_sources([table])) == [
        "x.jpg",
        "table/000001.png",
        "table/000002.png",
    ]
    assert list(read_rows(table, 0, None)) == [b"0", None]
    assert names(find_sources([table], column="path")) == ["p", "q", "r"]


def test_tables_without_images_are_refused(write_table, tmp_path):
    table = write_table({"label": [1]})
    with pytest.raises(ValueError, match="which has label. Received: column=None"):
        find_sources([table])
    with pytest.raises(ValueError, match="Received: column='label' of type int64"):
        find_sources([table], column="label")
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"text")
    with pytest.raises(ValueError, match="Not a Parquet file"):
        find_sources([str(broken)])


def test_urls_of_files_folders_and_patterns(photos):
    pytest.importorskip("pyarrow")
    fsspec = pytest.importorskip("fsspec")
    files = fsspec.filesystem("memory")
    for name in ("bucket/a.jpg", "bucket/deep/b.png", "bucket/notes.md"):
        files.pipe(f"/{name}", b"content")
    sources = find_sources(["memory://bucket"])
    assert names(sources) == ["a.jpg", "deep/b.png"]
    assert sources[1].location == "memory://bucket/deep/b.png"
    assert names(find_sources(["memory://bucket/**/*.png"])) == ["deep/b.png"]
    assert names(find_sources(["memory://bucket/deep/b.png"])) == ["b.png"]
    files.pipe("/bucket/list.txt", b"deep/b.png")
    (source,) = find_sources(["memory://bucket/list.txt"])
    assert source.location == source.input == "memory://bucket/deep/b.png"
    assert read_url(source.location) == b"content"
    both = find_sources(["memory://bucket/deep", str(photos / "deep")])
    assert names(both) == ["deep/b.png", "deep/a.png", "deep/er/b.tif"]
    assert names(find_sources([photos.as_uri()])) == names(find_sources([str(photos)]))


def test_options_of_a_connection_are_kept_and_not_shown():
    url = sibling_url("s3://user:secret@bucket/a/list.txt?proxy=b/c", "d/e.png")
    assert url == "s3://user:secret@bucket/a/d/e.png?proxy=b/c"
    assert public_url(url) == "s3://bucket/a/d/e.png"
    up = sibling_url("s3://bucket/a/list.txt?proxy=b", "../../../d/./e.png")
    assert up == "s3://bucket/d/e.png?proxy=b"
    assert path_of_url("s3://bucket/a/?.png") == "bucket/a/?.png"


def test_patterns_and_folders_of_connections_with_options():
    pytest.importorskip("pyarrow")
    fsspec = pytest.importorskip("fsspec")
    from fsspec.implementations.memory import MemoryFileSystem

    class Store(MemoryFileSystem):
        """A store whose URLs may have options, as those of PyArrow's stores."""

        protocol = "store"

        @classmethod
        def _strip_protocol(cls, path):
            path = path.partition("?")[0].replace("store://", "memory://")
            return super()._strip_protocol(path)

    fsspec.register_implementation("store", Store, clobber=True)
    for name in ("options/a.jpg", "options/deep/b.png", "options/notes.md"):
        fsspec.filesystem("store").pipe(f"/{name}", b"content")
    options = "?endpoint_override=host:9000"
    for url, found in {
        "store://options": ["a.jpg", "deep/b.png"],
        "store://options/deep/b.png": ["b.png"],
        "store://options/**/*.png": ["deep/b.png"],
    }.items():
        sources = find_sources([url + options])
        assert names(sources) == found
        assert sources[-1].location.endswith(found[-1] + options)
        assert "?" not in sources[-1].input
        assert read_url(sources[-1].location) == b"content"
    with pytest.raises(FileNotFoundError, match="No such .*: 'store://options/c.jpg'"):
        find_sources(["store://options/c.jpg" + options])


def test_unknown_schemes_are_refused():
    pytest.importorskip("pyarrow")
    pytest.importorskip("fsspec")
    with pytest.raises(ValueError, match="must be a URL that PyArrow or fsspec reads"):
        find_sources(["nothing://user:secret@host/a.jpg"])


def test_names_of_outputs_are_distinct():
    inputs = ["a.jpg", "a.png", "b/a.jpg", "c", "a.jpg"]
    assert name_outputs(inputs) == ["a.jpg", "a.png", "b/a.jpg", "c.png", "a-2.jpg"]
    assert name_outputs(["a.jpg", "a.png", "b.gif"], suffix=".webp") == [
        "a-jpg.webp",
        "a-png.webp",
        "b.webp",
    ]
    taken = ["a.jpg", "a-2.jpg"]
    assert name_outputs(["a.jpg", "b.jpg"], taken=taken) == ["a-3.jpg", "b.jpg"]
