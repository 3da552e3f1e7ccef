"""Which names of a file are the weights of a network, whatever stands before them."""

import pytest

from animegan_tf.importing.families import FAMILIES
from animegan_tf.importing.matching import match_tf1_names, match_torch_names

V2 = FAMILIES["animegan_v2"]
TORCH = [weight.torch for weight in V2.weights]


@pytest.mark.parametrize(
    "start",
    [
        "",
        "module.",
        "generator.",
        "state_dict.netG.module.",
        "_orig_mod.",
        "G_ema.",
    ],
)
def test_names_of_tensors_may_begin_with_anything(start):
    names = [start + name for name in TORCH]
    # Other networks, and the optimizer's moments.
    others = ["optimizer.state.exp_avg", "D.layers.0.weight", "netD.out_layer.0.weight"]
    match = match_torch_names(V2, names + (others if start else []))
    assert match.is_complete
    assert match.sources == dict(zip(V2.weights, names, strict=True))


@pytest.mark.parametrize(
    ("plain", "average"), [("G.", "G_ema."), ("params.", "params_ema."), ("", "ema.")]
)
def test_the_moving_average_is_taken_where_there_is_one(plain, average):
    names = [start + name for start in (plain, average) for name in TORCH]
    match = match_torch_names(V2, names)
    assert match.is_complete
    assert set(match.sources.values()) == {average + name for name in TORCH}


def test_tensors_of_the_network_that_differ_are_named_with_their_scope():
    names = [f"G.{name}" for name in TORCH[1:]] + ["G.block_z.weight", "D.weight"]
    match = match_torch_names(V2, names)
    assert match.missing == (f"G.{TORCH[0]}",)
    assert match.unknown == ("G.block_z.weight",)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
@pytest.mark.parametrize("scope", ["", "generator/", "G_net/", "train/gan/generator/"])
def test_variables_may_be_in_any_scope(family, scope):
    names = [scope + weight.tf1 for weight in family.weights]
    others = ["D_net/Conv/weights", "D_net/Conv/biases"] if scope else []
    match = match_tf1_names(family, names + others)
    assert match.is_complete
    assert match.sources == dict(zip(family.weights, names, strict=True))


def test_a_first_variable_that_is_missing_does_not_hide_the_scope():
    names = [f"G_net/{weight.tf1}" for weight in V2.weights[1:]]
    match = match_tf1_names(V2, names)
    assert match.missing == (f"G_net/{V2.weights[0].tf1}",)
    assert match.unknown == ()


def test_the_moving_average_of_a_scope_is_taken():
    names = [
        scope + weight.tf1
        for scope in ("generator/", "generator_ema/")
        for weight in V2.weights
    ]
    match = match_tf1_names(V2, names)
    assert all(name.startswith("generator_ema/") for name in match.sources.values())
