import dataclasses
import subprocess
import sys

import pytest

from animegan_tf.cli import build_parser
from animegan_tf.demo.service import Limits


def test_limits_have_the_defaults_of_the_library():
    arguments = build_parser().parse_args(["demo"])
    assert {
        field.name: getattr(arguments, field.name)
        for field in dataclasses.fields(Limits)
    } == dataclasses.asdict(Limits())


def test_runs_may_be_given_together_or_one_by_one():
    arguments = build_parser().parse_args(["demo", "--run", "a", "b", "--run", "c"])
    assert [str(run) for run in arguments.runs] == ["a", "b", "c"]


@pytest.mark.slow
def test_missing_gradio_is_one_line_that_names_the_extra():
    code = (
        "import sys; sys.modules['gradio'] = None\n"
        "from animegan_tf.cli import main; sys.exit(main(['demo']))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300
    )
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert 'pip install "animegan_tf[demo]"' in result.stderr
