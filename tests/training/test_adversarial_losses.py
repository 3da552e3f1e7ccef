import numpy as np
import pytest

from animegan_tf.losses.adversarial import (
    ADVERSARIAL_LOSSES,
    check_losses,
    choose_losses,
    hinge_fake_loss,
    hinge_real_loss,
    separation,
)

LOGITS = np.array([[1.0], [-2.0]], "float32")
PARTS = ("generator", "real", "fake")


def _measure(name, part, outputs=LOGITS, **options):
    return float(getattr(choose_losses(name, **options), part)(outputs))


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", ["bce", "bce_saturating"])
def test_probabilities_cost_what_their_logits_do(name, part):
    probabilities = 1 / (1 + np.exp(-LOGITS))
    received = _measure(name, part, probabilities, from_logits=False)
    assert received == pytest.approx(_measure(name, part), abs=1e-5)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", sorted(ADVERSARIAL_LOSSES))
def test_parts_are_those_of_the_family(name, part):
    expected = getattr(ADVERSARIAL_LOSSES[name], part)(LOGITS)
    assert _measure(name, part) == pytest.approx(float(expected))


def test_smoothed_label_of_reals_by_hand():
    # (1 - 0.9)^2 and (-2 - 0.9)^2.
    smoothed = _measure("lsgan", "real", real_label=0.9)
    assert smoothed == pytest.approx((0.01 + 8.41) / 2)
    # -0.9 log p - 0.1 log(1 - p), with log p = -log(1 + e^-x).
    losses = 0.9 * np.log1p(np.exp(-LOGITS)) + 0.1 * np.log1p(np.exp(LOGITS))
    smoothed = _measure("bce", "real", real_label=0.9)
    assert smoothed == pytest.approx(losses.mean(), rel=1e-5)


@pytest.mark.parametrize("name", ["bce", "bce_saturating", "lsgan"])
@pytest.mark.parametrize("part", ["generator", "fake"])
def test_smoothing_is_on_the_side_of_the_reals_alone(name, part):
    assert _measure(name, part, real_label=0.9) == _measure(name, part)


@pytest.mark.parametrize("function", [check_losses, choose_losses])
@pytest.mark.parametrize(
    ("name", "label", "from_logits", "message"),
    [
        ("gan", 1.0, True, "`adversarial_loss` must be one of lsgan"),
        ("hinge", 1.0, False, "must be bce or bce_saturating for a .* sigmoid"),
        ("lsgan", 1.0, False, "must be bce or .* sigmoid.*'lsgan'"),
        ("hinge", 0.9, True, "`real_label` must be 1.*real_label=0.9"),
    ],
)
def test_losses_that_do_not_fit_are_refused(
    function, name, label, from_logits, message
):
    with pytest.raises(ValueError, match=message):
        function(name, real_label=label, from_logits=from_logits)


def test_separation_by_hand():
    real, fake = np.array([[2.0], [0.5]], "float32"), np.array([[-1.0]], "float32")
    sigmoid = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-fake))
    expected = sigmoid[0].mean() - sigmoid[1].mean()
    for name in ("bce", "bce_saturating"):
        received = [
            float(separation(name, real, fake)),
            float(separation(name, *sigmoid, from_logits=False)),
        ]
        assert received == pytest.approx([expected] * 2, rel=1e-5)
    # The labels of LSGAN are 0 and 1, beyond which nothing is more certain.
    assert float(separation("lsgan", real, fake)) == pytest.approx(0.75)


def test_hinge_separation_is_one_where_both_of_its_terms_are_zero():
    real, fake = np.array([1.0, 7.0], "float32"), np.array([-1.0, -9.0], "float32")
    assert float(hinge_real_loss(real)) == float(hinge_fake_loss(fake)) == 0.0
    assert float(separation("hinge", real, fake)) == 1.0
    # Within the margins a logit of 0.5 counts as 0.75, and one of -0.5 as 0.25.
    assert float(separation("hinge", real - 0.5, fake + 0.5)) == pytest.approx(0.75)
    assert float(separation("hinge", real, real)) == 0.0
    assert float(separation("hinge", fake, real)) == -1.0


def test_wasserstein_critic_has_no_separation():
    assert separation("wasserstein", LOGITS, LOGITS) is None
