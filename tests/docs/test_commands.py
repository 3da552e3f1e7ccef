import re
import shlex
from pathlib import Path

import pytest

from animegan_tf.cli import build_parser

ROOT = Path(__file__).parents[2]
TEXTS = {
    path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")
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


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_in_the_documents_parses(line):
    from animegan_tf.cli import evaluate

    arguments = evaluate.with_default_evaluation(shlex.split(line)[1:])
    assert callable(build_parser().parse_args(arguments).run)


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_every_script_named_in_the_documents_exists(name):
    paths = re.findall(
        r"(?<![\w/])((?:benchmarks|examples|docs)/[\w/]+\.py)\b", TEXTS[name]
    )
    assert [path for path in paths if not (ROOT / path).is_file()] == []
