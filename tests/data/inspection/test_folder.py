import json

import numpy as np
import pytest

from animegan_tf.cli import main
from animegan_tf.data.inspection.folder import Needs, check_folder
from animegan_tf.data.inspection.report import describe_check, write_report

pytest.importorskip("cv2")
NEEDS = Needs(crop_size=100, good_size=200, min_count=3, good_count=5)


@pytest.fixture
def folder(make_scene, write):
    """Five scenes of 240x320 pixels, one of them twice."""
    for seed in range(5):
        path = write(make_scene(seed), f"{seed}.png")
    write(make_scene(0), "copy.jpg")
    return path.parent


def check(folder, **options):
    options = {"needs": NEEDS, "progress": False} | options
    return check_folder(folder, **options)


def test_good_folder_is_ready(folder):
    found = check(folder, needs=Needs(crop_size=100, good_size=200, good_count=5))
    assert (len(found.images), found.num_distinct) == (6, 5)
    (group,) = found.duplicates
    assert [path.name for path in group] == ["0.png", "copy.jpg"]
    (folder / "copy.jpg").unlink()
    assert check(folder).verdict == "ready"


def test_unreadable_files_are_listed_and_the_rest_is_checked(folder):
    data = (folder / "1.png").read_bytes()
    (folder / "cut.png").write_bytes(data[: len(data) // 2])
    (folder / "text.jpg").write_text("no image")
    found = check(folder)
    assert sorted(path.name for path in found.unreadable) == ["cut.png", "text.jpg"]
    assert len(found.images) == 6
    assert "2 files cannot be read" in "".join(f.text for f in found.findings())


@pytest.mark.parametrize(
    ("needs", "verdict", "text"),
    [
        (Needs(crop_size=100, min_count=6), "not ready", "5 distinct images are too"),
        (Needs(crop_size=241, min_count=3), "not ready", "6 images have a short side"),
        (Needs(100, 512, 3, 5), "usable", "6 images have a short side below 512"),
        (Needs(100, 200, 3, 9), "usable", "9 or more give better"),
    ],
)
def test_verdict_follows_the_needs(folder, needs, verdict, text):
    found = check(folder, needs=needs)
    assert found.verdict == verdict
    assert any(text in finding.text for finding in found.findings())


def test_bars_matter_in_a_style_and_sepia_in_photos(make_scene, write):
    for seed in range(6):
        image = make_scene(seed)
        image[:20], image[-20:] = 0, 0
        path = write(image, f"{seed}.png")
    for is_style, level in ((True, "error"), (False, "error")):
        needs = Needs(100, 200, 3, 5, is_style)
        finding = check(path.parent, needs=needs).findings()[0]
        assert finding.level == level
        assert "6 images (100%)" in finding.text
        assert ("learned" in finding.text) == is_style


def test_second_check_measures_only_what_is_new_or_changed(
    folder, make_scene, write, tmp_path
):
    cache = tmp_path / "measures.jsonl"
    first = check(folder, cache=cache)
    assert len(cache.read_text().splitlines()) == 6
    # A line that a crash cut short is measured again.
    lines = cache.read_text().splitlines(keepends=True)
    cache.write_text("".join(lines[:5]) + lines[5][:40] + "\n")
    write(make_scene(7), "2.png")
    second = check(folder, cache=cache)
    assert len(cache.read_text().splitlines()) == 8
    changed = [p.name for p in first.images if first.images[p] != second.images[p]]
    assert changed == ["2.png"]


@pytest.mark.parametrize("text", ['{"file_name": "a.png", "text": "cat"}\n', "notes"])
def test_file_of_someone_else_is_not_added_to(folder, tmp_path, text):
    other = tmp_path / "metadata.jsonl"
    other.write_text(text)
    with pytest.raises(FileExistsError, match=r"metadata\.jsonl.*has no measures"):
        check(folder, cache=other)
    assert other.read_text() == text


def test_measures_of_a_large_jpeg_have_its_own_size(write):
    image = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    path = write(image.repeat(50, 0).repeat(50, 1), "large.jpg")
    (measures,) = check(path.parent).images.values()
    assert (measures.width, measures.height) == (2000, 1500)


def test_faces_are_counted_where_a_detector_is_given(folder):
    found = check(folder, detect_faces=lambda image: np.zeros((2, 4)))
    assert {measures.faces for measures in found.images.values()} == {2}
    assert {measures.faces for measures in check(folder).images.values()} == {None}


def test_report_is_one_file_with_the_images_of_each_problem(
    folder, make_scene, write, tmp_path
):
    write(make_scene(3) // 8, "<night>.png")
    found = check(folder)
    report = tmp_path / "report.html"
    write_report(found, report)
    text = report.read_text(encoding="utf-8")
    assert "<h2>Dark: 1</h2>" in text and "mean luminance below 40" in text
    assert "&lt;night&gt;.png" in text and "<night>" not in text
    # One in the problem, two in the group of duplicates, seven of the folder.
    assert text.count('src="data:image/jpeg;base64,') >= 10
    assert "http" not in text and "<script" not in text
    assert "verdict: not ready" in describe_check(found)[-1] or "usable" in text


def test_command_prints_the_verdict_and_names_the_report(folder, tmp_path, capsys):
    report = tmp_path / "check.html"
    arguments = ["data", "check", str(folder), "--role", "style", "-o", str(report)]
    assert main(arguments) == 1
    printed = capsys.readouterr().out
    assert "images: 6, 5 distinct" in printed
    assert "error: 5 distinct images are too few: at least 50" in printed
    assert printed.endswith(f"verdict: not ready\nreport: {report}\n")
    assert report.is_file()
    lines = (tmp_path / "check.jsonl").read_text().splitlines()
    assert len(lines) == 6 and all(json.loads(line)["width"] == 320 for line in lines)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["nowhere"], "No such folder"),
        ([".", "-o", "report.pdf"], "must be a .html file"),
        ([".", "-o", "nowhere/a.html"], "No such output folder"),
        ([".", "--recipe", "anima"], "Did you mean 'anime'"),
        (["."], "must hold images"),
    ],
)
def test_mistakes_are_one_line(arguments, part, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["data", "check", *arguments]) == 2
    error = capsys.readouterr().err
    assert part in error and error.count("\n") == 1
