"""The best generator of a run, by a rule."""

import json
import math

import pytest

from animegan_tf.training.best import BestGenerator, BestRule, read_best


@pytest.fixture
def keep(tmp_path):
    """A function of a rule to what keeps the best, and to the steps it saved."""

    def make(rule=BestRule("validation_l1")):  # noqa: B008
        saved = []
        return BestGenerator(tmp_path, rule, saved.append), saved

    return make


def test_the_lowest_value_is_the_best(keep, tmp_path):
    best, saved = keep()
    values = (3.0, 2.0, 2.0, math.nan, 2.5, 1.0)
    found = [best.update(n, {"validation_l1": v}) for n, v in enumerate(values)]
    assert found == [True, True, False, False, False, True]
    assert saved == [tmp_path / "best"] * 3
    assert read_best(tmp_path) == {"step": 5, "metric": "validation_l1", "value": 1.0}


def test_the_highest_value_is_the_best_if_the_rule_says_so(keep, tmp_path):
    best, _ = keep(BestRule("validation_psnr", highest=True))
    found = [best.update(n, {"validation_psnr": v}) for n, v in enumerate((3, 2, 4))]
    assert found == [True, False, True]
    assert read_best(tmp_path)["step"] == 2


def test_without_the_metric_nothing_is_saved(keep, tmp_path):
    best, saved = keep()
    assert not best.update(1, {"validation_other": 1.0})
    assert not saved
    assert read_best(tmp_path) is None


def test_a_resumed_training_keeps_the_best_of_before(keep):
    keep()[0].update(4, {"validation_l1": 2.0})
    later, _ = keep()
    later.restore(4)
    assert not later.update(6, {"validation_l1": 3.0})
    assert later.update(8, {"validation_l1": 1.0})


def test_a_best_of_steps_that_are_made_again_does_not_count(keep):
    keep()[0].update(4, {"validation_l1": 2.0})
    again, _ = keep()
    again.restore(3)
    assert again.update(4, {"validation_l1": 3.0})


def test_a_best_by_another_rule_does_not_count(keep):
    keep()[0].update(4, {"validation_l1": 2.0})
    other, _ = keep(BestRule("validation_score"))
    other.restore(4)
    assert other.update(5, {"validation_score": 3.0})


@pytest.mark.parametrize("content", ["", "[]", '{"step": 1}', '{"step": "a"}'])
def test_a_damaged_file_is_no_best(content, tmp_path):
    (tmp_path / "best").mkdir()
    (tmp_path / "best" / "best.json").write_text(content)
    assert read_best(tmp_path) is None


def test_the_file_is_json(keep, tmp_path):
    keep()[0].update(1, {"validation_l1": 0.25})
    assert json.loads((tmp_path / "best" / "best.json").read_text())["value"] == 0.25
