import subprocess
import sys

import pytest

from animegan_tf.cli import main
from animegan_tf.cli.models import format_facts
from animegan_tf.models.analysis.facts import GeneratorFacts, describe_generator
from animegan_tf.models.generators import GENERATORS


def test_a_network_is_listed_with_its_facts(capsys):
    assert main(["models", "white_box"]) == 0
    head, line = capsys.readouterr().out.splitlines()
    assert head.split()[:3] == ["network", "parameters", "MB"]
    # 1,467,075 parameters of 4 bytes; exact tiles, since it has no normalization.
    cells = ["white_box", "1,467,075", "5.87", "8.2", "260", "126", "exact"]
    assert line.split() == cells
    assert len(head) == len(line)


@pytest.mark.slow
def test_networks_with_statistics_have_no_exact_tiles():
    facts = describe_generator("animegan_v2_lite")
    assert (facts.exact_tiles, facts.parameters) == (False, 698_240)
    assert facts.gmac_full_hd == pytest.approx(
        facts.gmac * 1088 * 1920 / 256**2, rel=1e-9
    )


def test_images_from_noise_have_neither_field_nor_tiles():
    facts = GeneratorFacts("dcgan", 1_000, 0.5, None, None, False)
    expected = ("dcgan", "1,000", "0.00", "0.5", "-", "-", "-")
    assert format_facts(facts) == expected


@pytest.mark.slow
def test_time_adds_a_column_of_milliseconds(capsys):
    assert main(["models", "animegan_v2_lite", "--time"]) == 0
    head, line = capsys.readouterr().out.splitlines()
    assert head.split()[-1] == "ms"
    assert float(line.split()[-1]) > 0


def test_an_unknown_network_is_one_line_with_a_suggestion(assert_error_line):
    assert main(["models", "animegan_v4"]) == 2
    assert_error_line("`network` must be one of", "Did you mean 'animegan_v")


@pytest.mark.slow
def test_all_networks_are_listed_without_names(capsys):
    assert main(["models"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [line.split()[0] for line in lines] == list(GENERATORS)


@pytest.mark.parametrize(
    "command", [["models"], ["export", "--to", "keras", "-o", "x"]]
)
def test_without_tensorflow_one_line_says_what_to_install(command, tmp_path):
    code = (
        "import sys; from animegan_tf.cli import main\n"
        "sys.modules.update(tensorflow=None, keras=None); sys.exit(main(sys.argv[1:]))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, *command],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=tmp_path,
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.count("\n") == 1
    assert "`pip install tensorflow keras`" in result.stderr
