import json
import sys

import numpy as np
import pytest

from animegan_tf.cli import main
from animegan_tf.config import write_config
from animegan_tf.imaging.writing import write_image
from animegan_tf.recipes.anime import AnimeConfig

TINY = [
    *("--set", "data.target=cel_and_ink"),
    *("--set", 'generator_options={"width": 4, "body_width": 4, "num_blocks": 1}'),
    *("--set", "discriminator=patch"),
    *("--set", 'discriminator_options={"width": 4, "num_downsamples": 1}'),
]


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
    write_config(AnimeConfig(steps=5, seed=3), path)
    main(["train", "--run", "r", "--config", str(path), "--steps", "8", "--dry-run"])
    values = json.loads(capsys.readouterr().out)
    assert (values["steps"], values["seed"]) == (8, 3)


def test_fewer_steps_keep_the_fraction_of_the_pretraining(tmp_path, capsys):
    path = tmp_path / "config.json"
    write_config(AnimeConfig(steps=100, pretraining_steps=75), path)
    main(["train", "--run", "r", "--config", str(path), "--steps", "8", "--dry-run"])
    assert json.loads(capsys.readouterr().out)["pretraining_steps"] == 6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "weights.styel=1"], "styel"),
        (["--set", "nonsense"], "NAME=VALUE"),
        (["--set", "=1"], "NAME=VALUE"),
        (["--set", "steps.more=1"], "must name a setting"),
        (["--recipe", "magic"], "`recipe` must be one of"),
        (["--recipe", "cut", "--set", "weights.l1=1"], "'l1'"),
        (["--recipe", "dcgan", "--features", "vgg19"], "'features'"),
        (["--set", "regularization.r1_every=4"], "`r1_every` has no effect"),
        (["--set", "adversarial_loss=lsgna"], "Did you mean 'lsgan'"),
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


def test_resume_takes_the_settings_of_the_run_and_more_steps(tmp_path, capsys):
    run = tmp_path / "run"
    run.mkdir()
    write_config(AnimeConfig(steps=5, pretraining_steps=2, seed=3), run / "config.json")
    arguments = ["train", "--run", str(run), "--resume", "--steps", "9", "--dry-run"]
    assert main(arguments) == 0
    values = json.loads(capsys.readouterr().out)
    assert (values["steps"], values["pretraining_steps"], values["seed"]) == (9, 2, 3)


def test_config_file_of_another_recipe_chooses_the_recipe(tmp_path, capsys):
    path = tmp_path / "config.json"
    path.write_text('{"recipe": "cut", "steps": 7}')
    assert main(["train", "--run", "r", "--config", str(path), "--dry-run"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert (values["recipe"], values["steps"], "contrast" in values) == ("cut", 7, True)


def test_run_folder_among_the_photos_is_one_clear_line(tmp_path, capsys):
    photos = tmp_path / "photos"
    photos.mkdir()
    run = photos / "run"
    assert main(["train", "--photos", str(photos), "--run", str(run)]) == 2
    assert "`run` must not be inside the folder" in capsys.readouterr().err
    assert not run.exists()


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
            image = np.full((20, 20, 3), 99 * index, np.uint8)
            write_image(image, tmp_path / name / f"{index}.png")
    folders = ["--photos", str(tmp_path / "photos"), "--style", str(tmp_path / "style")]
    options = ["--run", str(tmp_path / "run"), *TINY, "--set", "data.scales=[16]"]
    terms = ["--set", "weights.style=0", "--set", "weights.content=0"]
    code = main(["train", *folders, *options, *terms])
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
            image = np.kron(coarse, np.ones((10, 10, 1), np.uint8))
            write_image(image, tmp_path / name / f"{index}.png")
    run = tmp_path / "run"
    folders = ["--photos", str(tmp_path / "photos"), "--style", str(tmp_path / "style")]
    code = main(
        ["train", *folders, "--run", str(run), "--steps", "1", *TINY]
        + ["--set", "pretraining_steps=0", "--set", "data.validation=0"]
        + ["--set", "data.scales=[32]", "--set", "data.crop_size=32"]
        + ["--set", "data.batch_size=1", "--set", "weights.style=0.5"]
    )
    assert code == 0
    assert json.loads((run / "metrics.jsonl").read_text())["style"] > 0.0
    assert json.loads((run / "config.json").read_text())["features"] == "bundled"


def test_preset_gives_its_values_and_other_options_change_them(capsys):
    options = ["--recipe", "animegan_v2", "--preset", "paprika", "--run", "r"]
    options += ["--set", "weights.style=0.7", "--dry-run"]
    assert main(["train", *options]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["weights"]["color"] == 50.0
    assert values["weights"]["style"] == 0.7
    assert values["smooth_weight"] == 0.005


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--recipe", "animegan_v2", "--preset", "hayo"], "Did you mean 'hayao'"),
        (["--recipe", "cut", "--preset", "hayao"], "the recipe cut has none"),
        (["--preset", "hayao", "--resume"], "excludes --config and --resume"),
        (["--preset", "hayao", "--config", "c.json"], "excludes --config and --resume"),
    ],
)
def test_unknown_presets_are_refused_in_one_line(options, message, capsys):
    assert main(["train", "--run", "r", "--dry-run", *options]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
