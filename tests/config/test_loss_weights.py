import dataclasses

import pytest

from animegan_tf.config import LossWeights


def test_active_terms_are_those_with_weight():
    assert LossWeights().active() == {}
    weights = LossWeights(target=1.0, style=2.0)
    assert weights.active() == {"target": 1.0, "style": 2.0}


def test_active_terms_are_in_the_order_of_the_fields():
    weights = LossWeights(nce=1.0, target=1.0, cycle=1.0)
    assert list(weights.active()) == ["target", "cycle", "nce"]


@pytest.mark.parametrize("name", [f.name for f in dataclasses.fields(LossWeights)])
def test_no_weight_is_less_than_0(name):
    with pytest.raises(ValueError, match=f"`{name}` must be at least 0.*{name}=-1.0"):
        LossWeights(**{name: -1.0})
