import numpy as np
import pytest

from animegan_tf.config import Stabilizers
from animegan_tf.losses.adversarial import ADVERSARIAL_LOSSES
from animegan_tf.training.verdict_losses import (
    check_adversary,
    fake_loss,
    generator_verdict_loss,
    real_loss,
)

LOGITS = np.array([[1.0], [-2.0]], "float32")
LOSSES = {"generator": generator_verdict_loss, "real": real_loss, "fake": fake_loss}


@pytest.mark.parametrize("part", LOSSES)
@pytest.mark.parametrize("name", ["bce", "bce_saturating"])
def test_probabilities_cost_what_their_logits_do(name, part):
    probabilities = 1 / (1 + np.exp(-LOGITS))
    from_logits = LOSSES[part](name, LOGITS)
    from_probabilities = LOSSES[part](name, probabilities, from_logits=False)
    assert float(from_probabilities) == pytest.approx(float(from_logits), abs=1e-5)


@pytest.mark.parametrize("part", LOSSES)
@pytest.mark.parametrize("name", sorted(ADVERSARIAL_LOSSES))
def test_parts_are_those_of_the_family(name, part):
    expected = getattr(ADVERSARIAL_LOSSES[name], part)(LOGITS)
    assert float(LOSSES[part](name, LOGITS)) == pytest.approx(float(expected))


def test_smoothed_label_of_reals_by_hand():
    # (1 - 0.9)^2 and (-2 - 0.9)^2.
    value = float(real_loss("lsgan", LOGITS, 0.9))
    assert value == pytest.approx((0.01 + 8.41) / 2)


@pytest.mark.parametrize(
    ("name", "label", "from_logits", "message"),
    [
        ("gan", 1.0, True, "`adversarial_loss` must be one of lsgan"),
        ("hinge", 1.0, False, "needs the loss bce"),
        ("hinge", 0.9, True, "`real_label` must be 1"),
    ],
)
def test_losses_that_do_not_fit_are_refused(name, label, from_logits, message):
    with pytest.raises(ValueError, match=message):
        check_adversary(name, Stabilizers(real_label=label), from_logits)
