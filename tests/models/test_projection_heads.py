import keras
import numpy as np
import pytest

from animegan_tf.models.projection_heads import build_projection_heads


def test_projections_are_float32_unit_vectors():
    heads = build_projection_heads([3, 8], width=16)
    rng = np.random.default_rng(0)
    patches = [rng.normal(size=(2, 5, c)).astype("float32") for c in (3, 8)]
    for projection in heads(patches):
        assert projection.shape == (2, 5, 16)
        assert keras.backend.standardize_dtype(projection.dtype) == "float32"
        lengths = np.linalg.norm(projection.numpy(), axis=-1)
        np.testing.assert_allclose(lengths, 1.0, atol=1e-4)


def test_each_patch_is_projected_independently():
    heads = build_projection_heads([3], width=4)
    patches = np.random.default_rng(0).normal(size=(1, 6, 3)).astype("float32")
    whole, part = heads([patches]), heads([patches[:, 2:4]])
    np.testing.assert_allclose(whole[:, 2:4], part, atol=1e-6)


def test_invalid_arguments_are_rejected():
    with pytest.raises(ValueError, match="`channels` must name at least one"):
        build_projection_heads([])
    with pytest.raises(ValueError, match="`width` must be at least 1"):
        build_projection_heads([3], width=0)
