import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.models.features.compact import build_compact_features
from animegan_tf.training.distillation.layer_regression import fit_layers

TEACHER = {"block1_conv1": (6, 0, 6), "block2_conv1": (8, 6, 8)}
STUDENT = {"block1_conv1": (6, 0, 4), "block2_conv1": (8, 4, 5)}
CHANNELS = {layer: widths[0] for layer, widths in TEACHER.items()}


@pytest.fixture
def teacher():
    keras.utils.set_random_seed(0)
    return _network(TEACHER)


@pytest.fixture
def images():
    coarse = np.random.default_rng(0).uniform(-1, 1, (4, 10, 10, 3))
    return tf.image.resize(coarse.astype("float32"), (32, 32), "bicubic")


def _network(widths):
    return build_compact_features(widths=widths, pre_activation=True)


def _scales(*factors):
    return {
        layer: np.full(channels, factor, "float32")
        for (layer, channels), factor in zip(CHANNELS.items(), factors, strict=True)
    }


def test_a_teacher_of_its_own_rank_is_met_exactly(teacher, images):
    """A teacher that is such a network itself is met, up to the ridge."""
    student, scales = _network(TEACHER), _scales(2.0, 0.5)
    fit_layers(student, teacher, images, scales)
    theirs = teacher(images)
    for layer, maps in student(images).items():
        wanted = theirs[layer] / scales[layer]
        error = np.mean(np.square(maps - wanted)) / np.var(wanted)
        assert error < 1e-3, layer


def test_a_lower_rank_leaves_the_best_of_that_rank(teacher, images):
    student = _network(STUDENT)
    fit_layers(student, teacher, images, _scales(1.0, 1.0))
    wanted = teacher(images)["block1_conv1"].numpy().reshape(-1, 6)
    found = student(images)["block1_conv1"].numpy().reshape(-1, 6)
    # The first layer is linear in the picture: what a rank of 4 must miss is known.
    missed = np.linalg.eigvalsh(np.cov(wanted.T, bias=True))[:2].sum()
    assert np.square(found - wanted).sum(1).mean() == pytest.approx(missed, rel=0.05)


def test_what_lies_between_the_convolutions_has_equal_deviation(teacher, images):
    student = _network(STUDENT)
    fit_layers(student, teacher, images, _scales(1.0, 1.0))
    for layer in STUDENT:
        between = student.get_layer(f"{layer}_space").output
        maps = keras.Model(student.input, between)(images).numpy()
        # The regression's own positions are only some, and it takes off no mean.
        deviations = maps.reshape(-1, maps.shape[-1]).std(axis=0)
        np.testing.assert_allclose(deviations, 1.0, rtol=0.1)


def test_the_same_images_give_the_same_weights(teacher, images):
    students = [_network(STUDENT) for _ in "ab"]
    for student in students:
        fit_layers(student, teacher, images, _scales(1.0, 1.0))
    for one, other in zip(*(s.get_weights() for s in students), strict=True):
        np.testing.assert_array_equal(one, other)
