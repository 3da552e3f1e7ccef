from pathlib import Path

import pytest

from animegan_tf.cli.io_plan import check_jobs, plan_jobs, unfinished


@pytest.fixture
def folder(tmp_path):
    for name in ("a.jpg", "a.png", "b.tif", "deep/a.png"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return tmp_path / "in"


def names(jobs, output):
    return [str(target.relative_to(output)) for _, target in jobs]


def test_forced_format_keeps_results_apart(folder, tmp_path):
    output = tmp_path / "out"
    jobs = plan_jobs([folder], output, recursive=True, suffix=".webp")
    assert names(jobs, output) == [
        "a-jpg.webp",
        "a-png.webp",
        "b.webp",
        str(Path("deep", "a.webp")),
    ]
    check_jobs(jobs, overwrite=False)


def test_forced_format_of_one_picture(folder, tmp_path):
    single = [folder / "a.jpg"]
    assert plan_jobs(single, tmp_path, suffix=".png")[0][1] == tmp_path / "a.png"
    target = tmp_path / "x.png"
    assert plan_jobs(single, target, suffix=".png")[0][1] == target
    new = tmp_path / "new"
    assert plan_jobs(single, new, suffix=".png")[0][1] == new / "a.png"
    with pytest.raises(ValueError, match=r"end in \.webp here.*x\.png"):
        plan_jobs(single, target, suffix=".webp")


@pytest.mark.parametrize("output", ["", "new"])
def test_a_source_without_a_format_needs_one(folder, tmp_path, output):
    source = folder / "photo.raw"
    source.touch()
    with pytest.raises(ValueError, match=r"unless --format.*photo\.raw"):
        plan_jobs([source], tmp_path / output)
    target = plan_jobs([source], tmp_path / output, suffix=".png")[0][1]
    assert target == tmp_path / output / "photo.png"


def test_unfinished_are_those_without_a_result(folder, tmp_path):
    jobs = plan_jobs([folder], tmp_path / "out")
    assert unfinished(jobs) == jobs
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.jpg").touch()
    assert names(unfinished(jobs), tmp_path / "out") == ["a.png", "b.tif"]
