import math

import numpy as np
import pytest

from animegan_tf.losses.contrastive import patch_nce_loss


def _unit(*shape):
    vectors = np.random.default_rng(0).normal(size=shape)
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype("float32")


def test_two_orthogonal_patches_at_temperature_one():
    vectors = np.eye(2, dtype="float32")[None]
    loss = patch_nce_loss(vectors, vectors, temperature=1.0)
    # -log(e / (e + 1))
    assert float(loss) == pytest.approx(math.log(1 + math.exp(-1)), abs=1e-6)


def test_equal_patches_give_the_logarithm_of_their_number():
    alike = np.ones((2, 7, 1), "float32")
    assert float(patch_nce_loss(alike, alike)) == pytest.approx(math.log(7), abs=1e-5)


def test_the_loss_is_invariant_to_the_order_of_the_patches():
    queries, keys = _unit(2, 5, 4), _unit(2, 5, 4)[:, ::-1]
    order = [3, 0, 4, 1, 2]
    expected = float(patch_nce_loss(queries, keys))
    shuffled = patch_nce_loss(queries[:, order], keys[:, order])
    assert float(shuffled) == pytest.approx(expected, rel=1e-5)


def test_shifted_patches_give_a_larger_loss():
    vectors = _unit(1, 6, 8)
    right = float(patch_nce_loss(vectors, vectors))
    assert right < 0.1 < float(patch_nce_loss(vectors, np.roll(vectors, 1, axis=1)))


def test_large_similarities_stay_finite():
    vectors = _unit(1, 4, 3)
    assert np.isfinite(float(patch_nce_loss(-vectors, vectors, temperature=1e-4)))
