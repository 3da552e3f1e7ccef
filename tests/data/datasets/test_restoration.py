"""Laws of the damaged pairs: the target is sound, the damage is new each time."""

import itertools

import numpy as np
import pytest
from PIL import Image

from animegan_tf.data.datasets.restoration import (
    build_restoration_dataset,
    read_degraded_squares,
)


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


def _deviations(batches):
    """Measure how far each photo is from its target."""
    return np.concatenate([(b["photo"] - b["target"]).std((1, 2, 3)) for b in batches])


def test_a_single_kind_of_damage_happens_to_every_photo(paths):
    batches = _take(paths, 20)
    for batch in batches:
        assert set(batch) == {"photo", "target"}
        for values in batch.values():
            assert values.shape == (2, 16, 16, 3)
            assert values.dtype == np.float32
    deviations = _deviations(batches)
    assert deviations.min() > 0.0
    # The strongest noise has 20 of 127.5 levels, 0.157, in the mean of many pixels.
    assert 0.05 < deviations.max() < 0.18


def test_of_two_kinds_a_quarter_of_the_photos_suffers_neither(paths):
    deviations = _deviations(_take(paths, 40, degradations=("noise", "holes")))
    assert 0.12 < np.mean(deviations == 0.0) < 0.4


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
    first = read_degraded_squares(paths, 16, ("noise", "holes"), seed=3)
    again = read_degraded_squares(paths, 16, ("noise", "holes"), seed=3)
    np.testing.assert_array_equal(first["photo"], again["photo"])
    assert first["photo"].shape == first["target"].shape == (3, 16, 16, 3)
    assert np.abs(first["photo"] - first["target"]).mean() > 0.02


def test_unknown_damage_is_refused(paths):
    with pytest.raises(ValueError, match="`kinds`"):
        _take(paths, 1, degradations=("rust",))
