import keras
import numpy as np
import pytest
from keras import layers, ops

from animegan_tf.models.discriminators import DISCRIMINATORS, build_discriminator
from animegan_tf.models.output_kind import find_from_logits, resolve_from_logits

SHAPE = (16, 16, 3)
# Its networks take weights that are read from a file.
NAMES = sorted(set(DISCRIMINATORS) - {"features"})
WITH_SIGMOID = ("conv", "dcgan", "dense", "patch")


@pytest.mark.parametrize("from_logits", [True, False])
@pytest.mark.parametrize("name", WITH_SIGMOID)
def test_a_final_sigmoid_is_found(name, from_logits):
    network = build_discriminator(name, SHAPE, width=4, from_logits=from_logits)
    assert find_from_logits(network) is from_logits
    image = keras.Input(SHAPE)
    nested = layers.Flatten()(network(image))
    assert find_from_logits(keras.Model(image, nested)) is from_logits


@pytest.mark.parametrize("name", NAMES)
def test_it_is_certain_for_every_discriminator_of_ours(name):
    shape = (64, 64, 3) if name in WITH_SIGMOID else (None, None, 3)
    assert find_from_logits(build_discriminator(name, shape, width=4)) is True


class Discriminator(keras.Model):
    """The sigmoid is declared first, and not the last one called."""

    def __init__(self, uses_sigmoid, kind="layer"):
        super().__init__()
        self.probability = layers.Dense(1, activation="sigmoid")
        self.logit = layers.Dense(1)
        self.flatten = layers.Flatten()
        self.uses_sigmoid = uses_sigmoid
        self.kind = kind

    def call(self, images, training=False):
        x = self.flatten(images)
        if self.kind == "operation":
            return ops.sigmoid(self.logit(x))
        return self.probability(x) if self.uses_sigmoid else self.logit(x)


def test_subclassed_networks_are_judged_by_their_call_not_their_declarations():
    for network, expected in (
        (Discriminator(True), False),
        (Discriminator(False), True),
        (Discriminator(False, "operation"), False),
    ):
        # Nothing is known of a network that was never called.
        assert find_from_logits(network) is None
        network(np.zeros((1, *SHAPE), "float32"))
        before = network.get_weights()
        assert find_from_logits(network) is expected
        assert all(map(np.array_equal, before, network.get_weights()))


class Custom(layers.Layer):
    def call(self, inputs):
        return inputs


@pytest.mark.parametrize(
    "last", [Custom(), layers.Activation("tanh"), layers.Dense(1, activation="softmax")]
)
def test_from_logits_is_asked_for_where_it_is_uncertain(last):
    network = keras.Sequential([keras.Input((4,)), layers.Dense(1), last], name="odd")
    with pytest.raises(ValueError, match="`from_logits` must be given.*'odd'"):
        resolve_from_logits(network)
    assert resolve_from_logits(network, True) is True
    assert resolve_from_logits(network, False) is False


def test_outputs_of_both_kinds_are_uncertain():
    image = keras.Input(SHAPE)
    x = layers.Conv2D(1, 3)(image)
    outputs = [x, layers.Activation("sigmoid")(x)]
    assert find_from_logits(keras.Model(image, outputs)) is None
    assert find_from_logits(keras.Model(image, [x, x])) is True
