import json

import numpy as np
import pytest

from animegan_tf.config import TrainingConfig
from animegan_tf.imaging.reading import read_image
from animegan_tf.training.run_folder import RunFolder


@pytest.fixture
def run(tmp_path):
    run = RunFolder(tmp_path / "run")
    run.create(TrainingConfig(steps=10))
    return run


def test_second_training_in_one_folder_is_refused(run):
    with pytest.raises(ValueError, match="already holds a training.*--resume"):
        run.create(TrainingConfig())


def test_resume_with_more_steps_is_fine(run):
    run.reopen(TrainingConfig(steps=20))
    assert json.loads((run.path / "config.json").read_text())["steps"] == 20


def test_resume_with_another_recipe_names_what_differs(run):
    with pytest.raises(ValueError, match="other settings of seed"):
        run.reopen(TrainingConfig(steps=10, seed=1))


def test_resume_of_nothing_says_so(tmp_path):
    with pytest.raises(ValueError, match="Nothing to resume"):
        RunFolder(tmp_path / "none").reopen(TrainingConfig())


def test_log_lines_after_the_checkpoint_are_forgotten(run):
    for step in (1, 2, 3):
        run.log(step, {"total": 0.5})
    with open(run.path / "metrics.jsonl", "a") as file:
        file.write('{"step": 4, "to')
    run.forget_after(2)
    lines = (run.path / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [1, 2]


def test_sample_sheet_has_a_row_a_picture_and_a_column_a_kind(run):
    black = np.full((2, 8, 8, 3), -1.0)
    sheet = read_image(run.write_samples(5, [black, -black]))
    assert sheet.shape == (16, 16, 3)
    assert sheet[:, :8].max() == 0
    assert sheet[:, 8:].min() == 255
