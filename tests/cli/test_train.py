import importlib
import inspect
import json
import re
import subprocess
import sys

import numpy as np
import pytest

from animegan_tf.cli import build_parser, main
from animegan_tf.cli.train import resolve_config
from animegan_tf.config import write_config
from animegan_tf.imaging.writing import write_image
from animegan_tf.recipes.anime import AnimeConfig
from animegan_tf.recipes.names import (
    REGISTRIES,
    check_known_names,
    read_factory,
    read_registry,
)
from animegan_tf.recipes.preflight import record_duration
from animegan_tf.recipes.runner import RECIPES

TINY = [
    *("--set", "data.target=cel_and_ink"),
    *("--set", 'generator_options={"width": 4, "body_width": 4, "num_blocks": 1}'),
    *("--set", "discriminator=patch"),
    *("--set", 'discriminator_options={"width": 4, "num_downsamples": 1}'),
]


def folders_of(tmp_path, count=2, size=20):
    """Two folders of images, as arguments."""
    for name in ("photos", "style"):
        (tmp_path / name).mkdir()
        for index in range(count):
            image = np.full((size, size + 4, 3), 90 * index, np.uint8)
            write_image(image, tmp_path / name / f"{index}.png")
    return ["--photos", str(tmp_path / "photos"), "--style", str(tmp_path / "style")]


def test_dry_run_prints_what_differs_from_the_recipe_s(tmp_path, capsys):
    run, folders = tmp_path / "run", folders_of(tmp_path)
    options = ["--steps", "9", "--set", "weights.style=0.25", "--validation", "0.1"]
    assert main(["train", *folders, "--run", str(run), "--dry-run", *options]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values == {
        "recipe": "anime",
        "steps": 9,
        "pretraining_steps": values["pretraining_steps"],
        "data": {"photos": folders[1], "style": folders[3], "validation": 0.1},
        "weights": {"style": 0.25},
    }
    assert not run.exists()
    # What it prints is a file for --config.
    path = tmp_path / "config.json"
    path.write_text(json.dumps(values))
    arguments = ["train", "--run", str(run), "--dry-run", "--all"]
    assert main([*arguments, "--config", str(path)]) == 0
    everything = json.loads(capsys.readouterr().out)
    assert main([*arguments, *folders, *options]) == 0
    assert json.loads(capsys.readouterr().out) == everything
    assert everything["generator"] == "anime"


def test_dry_run_describes_the_images_and_the_machine(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("ANIMEGAN_TF_CACHE", str(tmp_path / "cache"))
    arguments = ["train", *folders_of(tmp_path), "--run", str(tmp_path / "run")]
    arguments += ["--dry-run", "--steps", "3600"]
    assert main(arguments) == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("photos: 2 images, ")
    assert "short sides of 20 pixels (median), smallest 24x20" in lines[0]
    data = AnimeConfig().data
    crop = data.crop_size
    assert lines[1] == (
        f"warning: 2 of 2 images of photos are smaller than the crops of {crop} pixels"
    )
    expected = f"steps: 3,600, batches of {data.batch_size} crops of {crop}x{crop}"
    assert lines[4].startswith(expected)
    assert lines[5].startswith("disk: ") and "free" in lines[5]
    assert lines[6].startswith("time: not known on this machine")
    # Of a training of 50 steps in 100 seconds, 3600 steps take two hours.
    record_duration(AnimeConfig(), 49, 1.0)
    record_duration(AnimeConfig(), 50, 100.0)
    assert main(arguments) == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines[6].startswith("time: about 2 h 0 min, at 2 s a step")


REFUSED = [
    (["--photos", "gone"], "`photos` must be a folder of images; this one does not"),
    (["--style", __file__], "`style` must be a folder of images, not a file"),
    (["--validation", "gone"], "`validation` must be a folder"),
    (["--set", "generator=anmie"], "Did you mean 'anime'"),
    (["--set", "discriminator=pach"], "Did you mean 'patch'"),
    (["--set", "adversarial_loss=lsgna"], "Did you mean 'lsgan'"),
    (["--set", "initial=no-such-style"], "Unknown style 'no-such-style'"),
    (["--set", "initial=gone/run.keras"], "`initial` must be a style"),
    (["--set", "weights.styel=1"], "Did you mean 'style'"),
    (["--recipe", "amine"], "Did you mean 'anime'"),
    (["--set", "data.target=oill"], "`target` must be one of cel_and_ink, "),
    (["--set", "data.target=fited"], "Did you mean 'fitted'"),
    (
        [
            "--recipe",
            "styles",
            "--set",
            'styles=[{"name": "a", "images": "b", "target": "sotf"}]',
        ],
        "Did you mean 'soft'",
    ),
    (["--features", "vgg99"], "`features` must be one of bundled, vgg19 or the path"),
    (
        ["--recipe", "animegan_v2", "--features", "gone.npz"],
        "Received: features='gone.npz'",
    ),
    (["--set", 'discriminator_options={"features": "vgg9"}'], "Did you mean 'vgg19'"),
    (["--set", 'generator_options={"widht": 3}'], "no option `widht`. Did you mean"),
    (["--set", 'generator_options={"width": "3"}'], "`width` must be an integer"),
    (["--set", 'discriminator_options={"slop": 1}'], "Did you mean 'slope'"),
]


@pytest.mark.parametrize("dry", [True, False])
def test_mistakes_are_refused_before_tensorflow_is_loaded(tmp_path, dry):
    # One process for all of them: starting Python takes longer than the checks.
    code = (
        "import json, sys, time\n"
        "from animegan_tf.cli import main\n"
        "for arguments in json.loads(sys.argv[1]):\n"
        "    start = time.process_time()\n"
        "    code = main(arguments)\n"
        "    print(code, time.process_time() - start)\n"
        "print(sorted({'tensorflow', 'keras', 'cv2'} & set(sys.modules)))\n"
    )
    common = ["train", "--run", str(tmp_path / "run"), *(["--dry-run"] * dry)]
    (tmp_path / "empty").mkdir()
    refused = [
        *REFUSED,
        (["--photos", str(tmp_path / "empty")], "empty', which holds none"),
        (["--style", str(tmp_path / "empty")], "`style` must be a folder of images."),
    ]
    commands = [common + arguments for arguments, _ in refused]
    # A preparation refuses the same.
    prepare = ["data", "prepare", "--cache", str(tmp_path / "cache")]
    commands += [prepare + arguments for arguments, _ in refused if not dry]
    refused *= 1 if dry else 2
    result = subprocess.run(
        [sys.executable, "-c", code, json.dumps(commands)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    *lines, modules = result.stdout.splitlines()
    assert modules == "[]"
    for line in lines:
        exit_code, seconds = line.split()
        assert exit_code == "2" and float(seconds) < 1.0
    errors = result.stderr.splitlines()
    for (_, message), error in zip(refused, errors, strict=True):
        assert error.startswith("animegan-tf: error: ") and message in error


@pytest.mark.parametrize(("module", "name"), REGISTRIES.values())
def test_names_are_read_from_the_source_as_they_are_imported(module, name):
    known = getattr(importlib.import_module(module), name)
    assert read_registry(module, name) == list(known)


@pytest.mark.parametrize("network", ["generator", "discriminator"])
def test_options_are_read_from_the_source_as_they_are_imported(network):
    module, name = REGISTRIES[network]
    for key, factory in getattr(importlib.import_module(module), name).items():
        found = read_factory(module, name, key)
        assert found.__name__ == factory.__name__
        signature, expected = inspect.signature(found), inspect.signature(factory)
        assert list(signature.parameters) == list(expected.parameters)
        for own, other in zip(
            signature.parameters.values(), expected.parameters.values(), strict=True
        ):
            assert (own.kind, own.default) == (other.kind, other.default)


def test_network_that_a_caller_adds_is_known(monkeypatch):
    from animegan_tf.models.generators import GENERATORS

    monkeypatch.setitem(GENERATORS, "mine", lambda image_shape=None, depth=1: None)
    check_known_names(AnimeConfig(generator="mine", generator_options={"depth": 2}))
    with pytest.raises(ValueError, match="no option `deep`"):
        check_known_names(AnimeConfig(generator="mine", generator_options={"deep": 2}))


def test_help_lists_every_recipe(capsys):
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    text = capsys.readouterr().out
    for name in RECIPES:
        assert re.search(rf"^  (.*, )?{name}(,|$)", text, re.MULTILINE), name
    assert "CUT: unpaired translation with a patchwise contrastive loss" in text
    assert max(map(len, text.splitlines())) <= 80


def test_data_prepare_takes_the_settings_of_a_training(tmp_path):
    path = tmp_path / "config.json"
    write_config(AnimeConfig(steps=5, pretraining_steps=2), path)
    settings = ["--photos", "P", "--style", "S", "--validation", "0.1", "--seed", "3"]
    settings += ["--recipe", "anime", "--features", "vgg19", "--config", str(path)]
    settings += ["--set", "data.flip=false", "--set", "steps=9"]
    parser = build_parser()
    training = parser.parse_args(["train", "--run", "R", *settings])
    preparation = parser.parse_args(["data", "prepare", "--cache", "C", *settings])
    config = resolve_config(preparation)
    assert config == resolve_config(training)
    assert (config.steps, config.data.flip, config.features) == (9, False, "vgg19")


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
    arguments = ["train", "--run", str(run), "--resume", "--steps", "9"]
    arguments += ["--dry-run", "--all"]
    assert main(arguments) == 0
    values = json.loads(capsys.readouterr().out)
    assert (values["steps"], values["pretraining_steps"], values["seed"]) == (9, 2, 3)


def test_config_file_of_another_recipe_chooses_the_recipe(tmp_path, capsys):
    path = tmp_path / "config.json"
    path.write_text('{"recipe": "cut", "steps": 7}')
    assert (
        main(["train", "--run", "r", "--config", str(path), "--dry-run", "--all"]) == 0
    )
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


@pytest.mark.slow
def test_training_ends_with_a_report_and_prints_where_it_is(tmp_path, capsys):
    np.save(tmp_path / "images.npy", np.zeros((4, 16, 16, 3), np.uint8))
    run = tmp_path / "run"
    arguments = ["train", "--recipe", "dcgan", "--run", str(run), "--steps", "2"]
    arguments += ["--style", str(tmp_path / "images.npy"), "--validation", "0.25"]
    for setting in (
        "data.batch_size=2",
        "data.crop_size=16",
        'generator_options={"latent_dim": 4, "image_size": 16, "width": 4}',
        'discriminator_options={"width": 4}',
        "log_every=1",
        "sample_every=1",
    ):
        arguments += ["--set", setting]
    assert main(arguments) == 0
    *_, line = capsys.readouterr().out.splitlines()
    assert line == f"report: {run / 'report.html'}"
    text = " ".join((run / "report.html").read_text(encoding="utf-8").split())
    assert "Recipe dcgan, 2 of 2 steps." in text
    # What this training logged, its sample sheets and its settings.
    for expected in ("adversarial", "discriminator_norm", "2 of 2 sheets"):
        assert expected in text
    assert "latent_dim" in text and "<polyline" in text


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
