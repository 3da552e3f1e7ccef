import pytest

from animegan_tf.recipes.runner import RECIPES


@pytest.fixture(scope="module")
def pipeline(load_script):
    return load_script("input_pipeline")


def test_every_recipe_exists(pipeline):
    assert set(pipeline.RECIPES) <= set(RECIPES)


def test_warmup_is_called_and_not_timed(pipeline):
    called = []
    assert pipeline.time_calls(called.append, 3, warmup=2) >= 0.0
    assert called == [0, 1, 2, 3, 4]


def test_table_compares_the_step_with_reading_files(pipeline, capsys):
    pipeline.print_table({"anime": (0.5, 0.125, 2.0)})
    line = capsys.readouterr().out.splitlines()[1]
    assert line.split() == ["anime", "0.500", "0.125", "2.000", "4.0"]


@pytest.mark.slow
def test_a_recipe_is_timed(pipeline, capsys):
    arguments = ["--recipes", "pix2pix", "--images", "2", "--side", "32", "--crop"]
    assert pipeline.main([*arguments, "16", "--batch", "1", "--runs", "1"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("pix2pix ")
