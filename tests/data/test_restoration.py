"""Laws of the damaged pairs: the target is sound, the damage is new each time."""

import itertools

import numpy as np
import pytest
from PIL import Image

from animegan_tf.data.restoration import build_restoration_dataset, damage_middles


@pytest.fixture
def paths(tmp_path):
    rng = np.random.default_rng(0)
    for name in "abc":
        coarse = rng.integers(60, 200, (3, 4, 3)).astype("uint8")
        path = tmp_path / f"{name}.png"
        Image.fromarray(coarse).resize((40, 32), Image.BICUBIC).save(path)
    return sorted(tmp_path.iterdir())


def _take(paths, count, **changes):
    settings = {"degradations": ("noise",), "crop_size": 16, "batch_size": 2, "seed": 1}
    dataset = build_restoration_dataset(paths, **settings | changes)
    return list(itertools.islice(dataset.as_numpy_iterator(), count))


def test_half_of_the_photos_are_their_target_with_damage(paths):
    deviations = []
    for batch in _take(paths, 20):
        assert set(batch) == {"photo", "target"}
        for values in batch.values():
            assert values.shape == (2, 16, 16, 3)
            assert values.dtype == np.float32
        deviations += list((batch["photo"] - batch["target"]).std(axis=(1, 2, 3)))
    assert 0.25 < np.mean(np.array(deviations) == 0.0) < 0.75
    # The strongest noise has 20 of 127.5 levels.
    assert 0.05 < max(deviations) < 0.16


def test_damage_is_new_each_time_and_the_same_after_a_resume(paths):
    options = {"coverage": (1.0, 1.0), "flip": False, "batch_size": 8}
    whole = _take(paths[:1], 4, **options)
    assert not np.array_equal(whole[0]["photo"], whole[1]["photo"])
    resumed = _take(paths[:1], 2, start_step=2, **options)
    for batch, other in zip(whole[2:], resumed, strict=True):
        for name in batch:
            np.testing.assert_array_equal(batch[name], other[name])


def test_without_damage_the_two_are_one(paths):
    (batch,) = _take(paths, 1, degradations=())
    np.testing.assert_array_equal(batch["photo"], batch["target"])


def test_middles_are_damaged_the_same_way_every_time(paths):
    first = damage_middles(paths, 16, ("noise", "holes"), seed=3)
    again = damage_middles(paths, 16, ("noise", "holes"), seed=3)
    np.testing.assert_array_equal(first["photo"], again["photo"])
    assert first["photo"].shape == first["target"].shape == (3, 16, 16, 3)
    assert np.abs(first["photo"] - first["target"]).mean() > 0.02


def test_unknown_damage_is_refused(paths):
    with pytest.raises(ValueError, match="`kinds`"):
        _take(paths, 1, degradations=("rust",))
