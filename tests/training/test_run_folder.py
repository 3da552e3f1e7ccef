import json

import numpy as np
import pytest

from animegan_tf.imaging.reading import read_image
from animegan_tf.training.run_folder import RunFolder


@pytest.fixture
def run(tmp_path):
    run = RunFolder(tmp_path / "run")
    run.create({"steps": 10, "seed": 0})
    return run


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / f"{name}.png" for name in "abc"]
    for path in paths:
        path.write_bytes(path.name.encode() * 10)
    return paths


def test_second_training_in_one_folder_is_refused(run):
    with pytest.raises(ValueError, match="already holds a training.*--resume"):
        run.create({})
    assert run.read_settings() == {"steps": 10, "seed": 0}


def test_folder_is_for_one_training_at_a_time(run):
    with run.locked():
        with pytest.raises(FileExistsError, match="Another training is running in"):
            with RunFolder(run.path).locked():
                pass
    with RunFolder(run.path).locked():
        pass
    assert [path.name for path in run.path.iterdir()] == ["config.json"]


def test_folder_without_a_training_is_not_left_behind(tmp_path):
    with RunFolder(tmp_path / "run").locked():
        assert (tmp_path / "run").is_dir()
    assert not (tmp_path / "run").exists()


def test_temporary_files_of_a_killed_training_are_deleted_and_no_others(run):
    left = [
        ".metrics-ab3_d6gh.tmp.jsonl",
        ".preview-abcdefgh.tmp.png",
        "checkpoints/.step_00000010-12345678.tmp.npz",
        "samples/.step_000010-12345678.tmp.png",
        "cache/.0a1b-target-12345678.tmp.png",
    ]
    others = [".hidden", ".holiday-20240101.png", "checkpoints/step_00000010.npz"]
    for name in left + others:
        (run.path / name).parent.mkdir(exist_ok=True)
        (run.path / name).touch()
    with run.locked():
        pass
    assert not [name for name in left if (run.path / name).exists()]
    assert all((run.path / name).exists() for name in others)


def test_length_and_outputs_of_a_training_may_change(run):
    before = run.read_settings()
    outputs = dict.fromkeys(("log_every", "sample_every", "checkpoint_every"), 5)
    run.check_settings(before, before | outputs | {"steps": 20})


def test_other_settings_may_not_and_are_named(run):
    before = run.read_settings()
    with pytest.raises(ValueError, match="other settings of clip, seed. Resume with"):
        run.check_settings(before, before | {"seed": 1, "clip": 2})


def test_folder_without_a_training_cannot_be_resumed(tmp_path):
    with pytest.raises(ValueError, match="Nothing to resume"):
        RunFolder(tmp_path / "none").read_settings()


def test_settings_that_are_no_object_are_refused(run):
    (run.path / "config.json").write_text("[]")
    with pytest.raises(ValueError, match="Not the settings of a training"):
        run.read_settings()


def test_files_that_stayed_the_same_pass(run, files):
    run.write_inputs(files)
    run.check_inputs(reversed(files))


@pytest.mark.parametrize("kind", ["added", "removed", "changed"])
def test_files_that_differ_are_counted_and_named(run, files, kind):
    run.write_inputs(files[1:] if kind == "added" else files)
    if kind == "changed":
        # Of equal size.
        files[0].write_bytes(b"x" * files[0].stat().st_size)
    now = files[1:] if kind == "removed" else files
    with pytest.raises(ValueError, match=f"1 {kind}, such as .*a.png") as error:
        run.check_inputs(now)
    assert "initial=" in str(error.value) and "\n" not in str(error.value)


def test_file_that_grew_beyond_what_is_hashed_is_noticed(run, tmp_path):
    path = tmp_path / "large.png"
    path.write_bytes(b"x" * 2**20)
    run.write_inputs([path])
    path.write_bytes(b"x" * 2**20 + b"y")
    with pytest.raises(ValueError, match="1 changed"):
        run.check_inputs([path])


def test_run_that_recorded_no_files_records_them_at_its_next_start(run, files):
    run.check_inputs(files)
    with pytest.raises(ValueError, match="2 removed"):
        run.check_inputs(files[:1])


def test_log_lines_after_the_checkpoint_are_dropped(run):
    for step in (1, 2, 3):
        run.log(step, {"total": 0.5})
    with open(run.path / "metrics.jsonl", "ab") as file:
        # A line cut short, and one that is not even text.
        file.write(b'{"step": 1, "to\n\xff\xfe\n')
    run.forget_after(2)
    lines = (run.path / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [1, 2]
    run.forget_after(0)
    assert (run.path / "metrics.jsonl").read_text() == ""


def test_sample_sheet_has_a_row_an_image_and_a_column_a_kind(run):
    black = np.full((2, 8, 8, 3), -1.0)
    sheet = read_image(run.write_samples(5, [black, -black]))
    assert sheet.shape == (16, 16, 3)
    assert sheet[:, :8].max() == 0
    assert sheet[:, 8:].min() == 255
