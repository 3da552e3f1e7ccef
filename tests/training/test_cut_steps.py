import keras
import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.config import Contrast, LossWeights, Stabilizers
from animegan_tf.losses.objective import build_objective
from animegan_tf.models.discriminators import build_discriminator
from animegan_tf.models.generators import build_generator
from animegan_tf.models.projection_heads import build_projection_heads
from animegan_tf.training.cut_steps import (
    build_cut_generator_step,
    build_encoder,
    build_tapped_generator,
    sample_patches,
)
from animegan_tf.training.optimizers import build_adam
from animegan_tf.training.regularization import build_generator_loss

STEP = tf.constant(0, tf.int64)
LAYERS = ("photo", "stem", "down")


@pytest.fixture
def generator():
    keras.utils.set_random_seed(0)
    return build_generator("anime", width=4, body_width=4, num_blocks=1, head_width=4)


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    return {
        name: tf.constant(rng.uniform(-1, 1, (2, 16, 16, 3)), tf.float32)
        for name in ("photo", "anime")
    }


def _build(generator, discriminator, heads, contrast, layers=LAYERS):
    return build_cut_generator_step(
        generator,
        heads,
        build_generator_loss(discriminator, "lsgan", Stabilizers(), seed=0),
        build_adam(1e-3),
        build_objective(LossWeights(nce=1.0, adversarial=1.0)),
        contrast,
        layers,
        seed=0,
        clip_norm=10.0,
    )


def _values(network):
    return [v.numpy() for v in network.variables]


def _same(before, after):
    return all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_generator_step_moves_the_generator_and_the_heads_alone(generator, batch):
    discriminator = build_discriminator("patch", width=4, num_downsamples=1)
    heads = build_projection_heads([3, 4, 4], width=8)
    networks = (generator, heads, discriminator)
    step = _build(generator, discriminator, heads, Contrast(patches=8))
    before = [_values(n) for n in networks]
    scalars, stylized = step(batch, STEP)
    moved = [not _same(b, _values(n)) for b, n in zip(before, networks, strict=True)]
    assert moved == [True, True, False]
    assert {"adversarial", "nce", "nce_identity", "total"} <= set(scalars)
    assert stylized.shape == (2, 16, 16, 3)


def test_one_layer_without_identity_will_do(generator, batch):
    discriminator = build_discriminator("patch", width=4, num_downsamples=1)
    heads = build_projection_heads([4], width=8)
    contrast = Contrast(patches=8, identity=False)
    step = _build(generator, discriminator, heads, contrast, ("stem",))
    scalars, _ = step(batch, STEP)
    assert {"nce", "adversarial"} <= set(scalars)
    assert "nce_identity" not in scalars


def test_tapped_generator_shares_the_layers(generator, batch):
    tapped = build_tapped_generator(generator, LAYERS)
    stylized, *features = tapped(batch["photo"])
    np.testing.assert_allclose(stylized, generator(batch["photo"]), atol=1e-6)
    encoded = build_encoder(generator, LAYERS)(batch["photo"])
    assert [tuple(f.shape) for f in encoded] == [
        (2, 16, 16, 3),
        (2, 4, 4, 4),
        (2, 2, 2, 4),
    ]
    for one, other in zip(features, encoded, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    assert {id(v) for v in tapped.variables} == {id(v) for v in generator.variables}


def test_patches_are_of_the_same_places_in_every_picture():
    rows = np.arange(12, dtype="float32").reshape(1, 3, 4, 1)
    maps = np.concatenate([rows, rows + 100])
    (patches,) = sample_patches([maps], 5, (1, 2))
    assert patches.shape == (2, 5, 1)
    assert len(set(patches[0, :, 0].numpy())) == 5
    np.testing.assert_array_equal(patches[1], patches[0] + 100)
    (again,) = sample_patches([maps], 5, (1, 2))
    np.testing.assert_array_equal(again, patches)
    (other,) = sample_patches([maps], 5, (1, 3))
    assert not np.array_equal(other, patches)


def test_small_map_gives_all_it_has():
    (patches,) = sample_patches([np.zeros((1, 2, 2, 3), "float32")], 256, (0, 0))
    assert patches.shape == (1, 4, 3)


def test_unknown_layer_is_refused_with_the_known_ones(generator):
    with pytest.raises(ValueError, match="stem, .*Received: deep"):
        build_tapped_generator(generator, ("stem", "deep"))
    with pytest.raises(ValueError, match="Received: none"):
        build_tapped_generator(generator, ())
