import numpy as np
import pytest

from animegan_tf.data.datasets.array_batches import ArrayBatches
from animegan_tf.imaging.image_io import to_uint8


def _numbered(count):
    """Pictures of one pixel whose level is their number."""
    return np.arange(count, dtype=np.uint8).reshape(count, 1, 1, 1)


def _epoch(batches, epoch=0):
    return list(batches.of_epoch(epoch))


def _levels(batches, field, epoch=0):
    images = np.concatenate([batch[field] for batch in _epoch(batches, epoch)])
    return to_uint8(images).ravel().tolist()


def _batches(num_inputs=None, num_targets=8, **options):
    inputs = None if num_inputs is None else _numbered(num_inputs)
    latent_dim = 3 if num_inputs is None else None
    options = {"batch_size": 4, "seed": 0, "latent_dim": latent_dim} | options
    return ArrayBatches(inputs, _numbered(num_targets), **options)


def test_an_epoch_shows_every_target_once():
    batches = _batches()
    assert batches.steps_per_epoch == 2
    assert sorted(_levels(batches, "anime")) == list(range(8))


def test_epochs_differ_and_the_same_epoch_is_the_same():
    first, second = (_levels(_batches(), "anime", epoch) for epoch in (0, 1))
    assert first != second
    assert first == _levels(_batches(), "anime")
    assert first != _levels(_batches(seed=1), "anime")


def test_targets_left_over_are_others_in_another_epoch():
    batches = _batches(num_targets=10)
    assert batches.steps_per_epoch == 2
    seen = [frozenset(_levels(batches, "anime", epoch)) for epoch in range(4)]
    assert {len(levels) for levels in seen} == {8}
    assert len(set(seen)) > 1


def test_fewer_targets_than_a_batch_make_one_of_all():
    batches = _batches(num_targets=3, batch_size=16)
    assert [batch["anime"].shape[0] for batch in _epoch(batches)] == [3]
    assert [batch["input"].shape for batch in _epoch(batches)] == [(3, 3)]


@pytest.mark.parametrize("count", [3, 8, 20])
def test_any_number_of_inputs_is_spread_evenly(count):
    levels = _levels(_batches(num_inputs=count), "input")
    counts = np.bincount(levels, minlength=count)
    assert len(levels) == 8
    assert counts.max() - counts.min() <= 1


def test_noise_is_standard_normal_and_new_in_each_batch():
    batches = _batches(num_targets=200, batch_size=100, latent_dim=50)
    first, second = (batch["input"] for batch in _epoch(batches))
    assert first.shape == (100, 50)
    assert abs(first.mean()) < 0.05
    assert first.std() == pytest.approx(1.0, abs=0.05)
    assert not np.array_equal(first, second)


def test_a_generator_of_images_needs_some():
    with pytest.raises(ValueError, match="`input_images` must be given"):
        ArrayBatches(None, _numbered(2), latent_dim=None, batch_size=1, seed=0)
