import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.models.features.compact import build_compact_features
from animegan_tf.training.distillation.feature_matching import (
    build_distillation_step,
    distillation_terms,
    measure_scales,
)
from animegan_tf.training.optimizers import build_adam

TEACHER = {"block1_conv1": (6, 0, 6), "block2_conv1": (8, 6, 8)}
STUDENT = {"block1_conv1": (6, 0, 4), "block2_conv1": (8, 4, 5)}


@pytest.fixture
def networks():
    keras.utils.set_random_seed(0)
    return [
        build_compact_features(widths=widths, pre_activation=True)
        for widths in (STUDENT, TEACHER)
    ]


@pytest.fixture
def images():
    coarse = np.random.default_rng(0).uniform(-1, 1, (4, 10, 10, 3))
    return tf.image.resize(coarse.astype("float32"), (32, 32), "bicubic")


def test_scales_are_the_deviations_after_the_relu():
    teacher = keras.Sequential([keras.Input((None, None, 2)), keras.layers.Identity()])
    maps = np.array([[[[3.0, -1.0], [1.0, -2.0]]]], "float32")
    images = keras.Input((None, None, 2))
    teacher = keras.Model(images, {"layer": keras.layers.Identity()(images)})
    scales = measure_scales(teacher, [maps, maps])
    # Of 3 and 1 the deviation is 1; the second channel is 0 throughout.
    np.testing.assert_allclose(scales["layer"], [1.0, 0.05 * 0.5], rtol=1e-5)
    with pytest.raises(ValueError, match="`batches` must hold at least one"):
        measure_scales(teacher, [])


def test_terms_by_hand():
    student = {"layer": tf.constant([2.0, -1.0])[None, None, None]}
    teacher = {"layer": tf.constant([10.0, -20.0])[None, None, None]}
    scales = {"layer": np.array([10.0, 2.0], "float32")}
    # (2 - 1)^2 and a hundredth of (-1 + 10)^2.
    expected = (1.0 + 0.81) / 2.0
    terms = distillation_terms(student, teacher, scales)
    assert float(terms["layer"]) == pytest.approx(expected)


def test_step_moves_only_the_student_and_lowers_every_term(networks, images):
    student, teacher = networks
    scales = measure_scales(teacher, [images])
    step = build_distillation_step(
        student, teacher, scales, build_adam(1e-2, beta_1=0.9), clip_norm=10.0
    )
    before = [v.numpy() for v in teacher.variables]
    records = [step({"image": images}) for _ in range(60)]
    assert set(records[0]) == {*STUDENT, "norm"}
    for layer in STUDENT:
        assert float(records[-1][layer]) < 0.7 * float(records[0][layer])
    for old, new in zip(before, teacher.variables, strict=True):
        np.testing.assert_array_equal(old, new.numpy())
