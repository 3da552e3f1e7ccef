from pathlib import Path

import pytest

from animegan_tf.cli.io_plan import check_outputs, missing_outputs, plan_outputs


@pytest.fixture
def folder(tmp_path):
    for name in ("a.jpg", "a.png", "b.tif", "deep/a.png"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return tmp_path / "in"


def names(outputs, folder):
    return [str(target.relative_to(folder)) for _, target in outputs]


def test_outputs_of_a_folder_keep_their_relative_paths(folder, tmp_path):
    output = tmp_path / "out"
    outputs = plan_outputs([folder], output)
    assert outputs[0] == (folder / "a.jpg", output / "a.jpg")
    assert names(outputs, output) == ["a.jpg", "a.png", "b.tif"]
    outputs = plan_outputs([folder], output, recursive=True)
    assert names(outputs, output)[-1] == str(Path("deep", "a.png"))
    assert not output.exists()


def test_outputs_of_one_format_have_distinct_names(folder, tmp_path):
    output = tmp_path / "out"
    outputs = plan_outputs([folder], output, recursive=True, suffix=".webp")
    assert names(outputs, output) == [
        "a-jpg.webp",
        "a-png.webp",
        "b.webp",
        str(Path("deep", "a.webp")),
    ]
    check_outputs(outputs, overwrite=False)


def test_the_format_of_a_single_image_can_be_given(folder, tmp_path):
    single = [folder / "a.jpg"]
    assert plan_outputs(single, tmp_path, suffix=".png")[0][1] == tmp_path / "a.png"
    target = tmp_path / "x.png"
    assert plan_outputs(single, target, suffix=".png")[0][1] == target
    new = tmp_path / "new"
    assert plan_outputs(single, new, suffix=".png")[0][1] == new / "a.png"
    with pytest.raises(ValueError, match=r"end in \.webp here.*x\.png"):
        plan_outputs(single, target, suffix=".webp")


@pytest.mark.parametrize("output", ["", "new"])
def test_a_source_of_an_unknown_format_requires_one(folder, tmp_path, output):
    source = folder / "photo.raw"
    source.touch()
    with pytest.raises(ValueError, match=r"given by --format.*photo\.raw"):
        plan_outputs([source], tmp_path / output)
    target = plan_outputs([source], tmp_path / output, suffix=".png")[0][1]
    assert target == tmp_path / output / "photo.png"


def test_missing_outputs_are_those_that_do_not_exist(folder, tmp_path):
    outputs = plan_outputs([folder], tmp_path / "out")
    assert missing_outputs(outputs) == outputs
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.jpg").touch()
    assert names(missing_outputs(outputs), tmp_path / "out") == ["a.png", "b.tif"]
