import pytest

from animegan_tf.config import Stabilizers


def test_limits_themselves_are_allowed():
    Stabilizers(decay_start=0.0, instance_noise_steps=1, diff_augment=["cutout"])
    Stabilizers(real_weight=0.0, decay="cosine")


@pytest.mark.parametrize(
    "name",
    [
        "real_weight",
        "fake_weight",
        "instance_noise",
        "l2",
        "r1",
        "gradient_penalty",
        "weight_clip",
        "pool_size",
    ],
)
def test_weights_and_amounts_are_not_below_0(name):
    with pytest.raises(ValueError, match=f"`{name}` must be at least 0"):
        Stabilizers(**{name: -1})


@pytest.mark.parametrize("name", ["instance_noise_steps", "r1_every", "critic_steps"])
def test_counts_begin_at_1(name):
    with pytest.raises(ValueError, match=f"`{name}` must be at least 1.*{name}=0"):
        Stabilizers(**{name: 0})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"real_label": 1.1}, r"`real_label` must be in \(0, 1\]"),
        ({"real_label": 0.0}, r"`real_label` must be in \(0, 1\]"),
        ({"decay": "steps"}, "`decay` must be one of constant, linear, cosine"),
        ({"decay_start": 1.0}, r"`decay_start` must be in \[0, 1\)"),
        ({"diff_augment": ("color",)}, "`diff_augment` must be any of .*cutout"),
    ],
)
def test_impossible_values_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        Stabilizers(**values)
