import re
import shlex
from pathlib import Path

import pytest

from animegan_tf.cli import build_parser

ROOT = Path(__file__).parents[2]
TEXTS = {
    path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")
}
READMES = {
    path.name: path.read_text(encoding="utf-8") for path in ROOT.glob("README*.md")
}
COMMANDS = sorted(
    {
        line
        for text in TEXTS.values()
        for block in re.findall(r"^```bash\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
        for line in block.replace("\\\n", " ").splitlines()
        if line.startswith("animegan-tf ")
    }
)


def commands_in_tables(text):
    rows = [line for line in text.splitlines() if line.startswith("|")]
    # A name without arguments stands for a command, and is no example of it.
    return re.findall(r"`(animegan-tf [\w-]+ [^`]+)`", "\n".join(rows))


def parse(line):
    from animegan_tf.cli import evaluate

    arguments = evaluate.with_default_evaluation(shlex.split(line)[1:])
    return build_parser().parse_args(arguments)


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_in_the_documents_parses(line):
    assert callable(parse(line).run)


TABLE_COMMANDS = sorted(
    {
        command
        for text in (*TEXTS.values(), *READMES.values())
        for command in commands_in_tables(text)
    }
)


@pytest.mark.parametrize("line", TABLE_COMMANDS)
def test_every_command_in_a_table_parses(line):
    assert callable(parse(line).run)


@pytest.mark.parametrize(
    "name, text",
    [("README.md", READMES["README.md"]), ("importing.md", TEXTS["importing.md"])],
)
def test_the_commands_that_replace_those_of_animegan_are_in_a_table(name, text):
    section = re.split(r"^## ", text.split("## Coming from AnimeGAN\n")[1], flags=re.M)
    commands = {line.split()[1] for line in commands_in_tables(section[0])}
    assert {"import", "stylize", "video", "train"} <= commands


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_every_script_named_in_the_documents_exists(name):
    paths = re.findall(
        r"(?<![\w/])((?:benchmarks|examples|docs)/[\w/]+\.py)\b", TEXTS[name]
    )
    assert [path for path in paths if not (ROOT / path).is_file()] == []


def test_the_build_of_the_page_names_the_first_steps_of_its_readme():
    readme = (ROOT / "web" / "README.md").read_text(encoding="utf-8")
    block = re.search(r"^```bash\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)[1]
    install, export, *others = (
        re.sub(r"\s*#.*", "", line) for line in block.splitlines()
    )
    config = (ROOT / "web" / "vite.config.ts").read_text(encoding="utf-8")
    assert f"{install} && {export}" in config
    assert (ROOT / export.removeprefix("python ")).is_file()
    assert others[:2] == ["cd web", "npm ci && npm run build"]
