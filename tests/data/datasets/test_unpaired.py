"""Laws of the unpaired stream: epochs of its own for each side, exact resumption."""

import itertools

import numpy as np
import pytest

from animegan_tf.data.datasets.unpaired import build_unpaired_dataset
from animegan_tf.imaging.writing import write_image


@pytest.fixture
def paths(tmp_path):
    """Three dark photos and two bright drawings, each of one level."""
    levels = {"photo": (10, 20, 30), "style": (210, 220)}
    found = {}
    for kind, values in levels.items():
        found[kind] = [tmp_path / f"{kind}{value}.png" for value in values]
        for path, value in zip(found[kind], values, strict=True):
            write_image(np.full((20, 24, 3), value, np.uint8), path)
    return found["photo"], found["style"]


def _take(paths, count, **changes):
    settings = {"crop_size": 16, "batch_size": 1, "seed": 5} | changes
    dataset = build_unpaired_dataset(*paths, **settings)
    return list(itertools.islice(dataset.as_numpy_iterator(), count))


def test_each_side_has_epochs_of_its_own(paths):
    batches = _take(paths, 6)
    assert set(batches[0]) == {"photo", "anime"}
    photos = [round((b["photo"].mean() + 1) * 127.5) for b in batches]
    styles = [round((b["anime"].mean() + 1) * 127.5) for b in batches]
    assert sorted(photos[:3]) == sorted(photos[3:]) == [10, 20, 30]
    for start in (0, 2, 4):
        assert sorted(styles[start : start + 2]) == [210, 220]


def test_a_resumed_stream_equals_the_unbroken_one(paths):
    whole = _take(paths, 7, batch_size=2)
    resumed = _take(paths, 3, batch_size=2, start_step=4)
    for batch, other in zip(whole[4:], resumed, strict=True):
        for name in batch:
            assert batch[name].shape == (2, 16, 16, 3)
            np.testing.assert_array_equal(batch[name], other[name])


def test_senseless_arguments_are_refused(paths):
    with pytest.raises(ValueError, match="`style_paths` must not be empty"):
        _take((paths[0], []), 1)
    with pytest.raises(ValueError, match="`crop_size` must be at least 1"):
        _take(paths, 1, crop_size=0)
