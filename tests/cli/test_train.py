import json
import sys

import numpy as np
import pytest

from animegan_tf.cli import main
from animegan_tf.config import TrainingConfig, write_config
from animegan_tf.imaging.writing import write_image


def test_dry_run_prints_the_resolved_settings_and_writes_nothing(tmp_path, capsys):
    run = tmp_path / "run"
    code = main(
        ["train", "--photos", "p", "--style", "s", "--run", str(run), "--dry-run"]
        + ["--steps", "9", "--set", "weights.style=0.25", "--validation", "0.1"]
    )
    values = json.loads(capsys.readouterr().out)
    assert code == 0
    assert (values["steps"], values["data"]["photos"]) == (9, "p")
    assert (values["weights"]["style"], values["data"]["validation"]) == (0.25, 0.1)
    assert not run.exists()


def test_flags_win_over_the_config_file(tmp_path, capsys):
    path = tmp_path / "config.json"
    write_config(TrainingConfig(steps=5, seed=3), path)
    main(["train", "--run", "r", "--config", str(path), "--steps", "8", "--dry-run"])
    values = json.loads(capsys.readouterr().out)
    assert (values["steps"], values["seed"]) == (8, 3)


def test_fewer_steps_keep_the_share_of_the_pretraining(tmp_path, capsys):
    path = tmp_path / "config.json"
    write_config(TrainingConfig(steps=100, pretraining_steps=75), path)
    main(["train", "--run", "r", "--config", str(path), "--steps", "8", "--dry-run"])
    assert json.loads(capsys.readouterr().out)["pretraining_steps"] == 6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "weights.styel=1"], "styel"),
        (["--set", "nonsense"], "NAME=VALUE"),
        (["--set", "=1"], "NAME=VALUE"),
        (["--set", "steps.more=1"], "names no setting"),
        (["--recipe", "magic"], "`recipe` must be one of"),
        (["--photos", "missing-folder"], "missing-folder"),
        (["--resume"], "Nothing to resume"),
        (["--resume", "--config", "a.json"], "so it excludes --config"),
    ],
)
def test_mistakes_are_one_line_and_exit_2(arguments, message, tmp_path, capsys):
    code = main(["train", "--run", str(tmp_path / "run"), *arguments])
    error = capsys.readouterr().err
    assert code == 2
    assert message in error
    assert error.startswith("animegan-tf: error: ")
    assert error.count("\n") == 1


def test_a_file_is_no_run_folder(tmp_path, capsys):
    (tmp_path / "run").write_text("precious")
    assert main(["train", "--run", str(tmp_path / "run")]) == 2
    assert "`--run` must be a folder. Received" in capsys.readouterr().err
    assert (tmp_path / "run").read_text() == "precious"


def test_folder_with_one_photo_is_one_clear_line(tmp_path, capsys):
    for name in ("photos", "style"):
        (tmp_path / name).mkdir()
        write_image(np.zeros((9, 9, 3), np.uint8), tmp_path / name / "a.png")
    folders = ["--photos", str(tmp_path / "photos"), "--style", str(tmp_path / "style")]
    code = main(["train", *folders, "--run", str(tmp_path / "run")])
    assert code == 2
    assert "photos" in capsys.readouterr().err


def test_training_without_opencv_says_how_to_get_it(tmp_path, capsys, monkeypatch):
    # None in sys.modules makes an import fail as if it were not installed.
    monkeypatch.setitem(sys.modules, "cv2", None)
    for name in ("photos", "style"):
        (tmp_path / name).mkdir()
        for index in range(2):
            picture = np.full((20, 20, 3), 99 * index, np.uint8)
            write_image(picture, tmp_path / name / f"{index}.png")
    folders = ["--photos", str(tmp_path / "photos"), "--style", str(tmp_path / "style")]
    options = ["--run", str(tmp_path / "run"), "--set", "weights.style=0"]
    code = main(["train", *folders, *options, "--set", "data.scales=[16]"])
    assert code == 2
    assert 'pip install "animegan_tf[train]"' in capsys.readouterr().err


@pytest.mark.slow
def test_default_features_need_no_download(tmp_path, monkeypatch):
    pytest.importorskip("cv2", reason="OpenCV is part of the extra 'train'")
    import keras

    def fail(**_):
        raise AssertionError("VGG19 was asked for")

    monkeypatch.setattr(keras.applications, "VGG19", fail)
    random = np.random.default_rng(0)
    for name in ("photos", "style"):
        (tmp_path / name).mkdir()
        for index in range(3):
            coarse = random.integers(0, 255, (4, 4, 3), np.uint8)
            picture = np.kron(coarse, np.ones((10, 10, 1), np.uint8))
            write_image(picture, tmp_path / name / f"{index}.png")
    run = tmp_path / "run"
    folders = ["--photos", str(tmp_path / "photos"), "--style", str(tmp_path / "style")]
    options = json.dumps({"width": 4, "body_width": 4, "num_blocks": 1})
    code = main(
        ["train", *folders, "--run", str(run), "--steps", "1"]
        + ["--set", "pretraining_steps=0", "--set", "data.validation=0"]
        + ["--set", "data.scales=[32]", "--set", "data.crop_size=32"]
        + ["--set", "data.batch_size=1", "--set", f"generator_options={options}"]
        + ["--set", 'discriminator_options={"width": 4, "num_downsamples": 1}']
    )
    assert code == 0
    assert json.loads((run / "metrics.jsonl").read_text())["style"] > 0.0
    assert json.loads((run / "config.json").read_text())["features"] == "bundled"
