import numpy as np
import pytest

from animegan_tf.data.datasets.arrays import ArrayBatches, ImageArray
from animegan_tf.imaging.arrays import to_float, to_uint8


def _uint8(count=3, size=4):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, size, size, 3), dtype=np.uint8)


def test_uint8_images_are_converted_to_floats():
    images = _uint8()
    taken = ImageArray(images).take([2, 0])
    np.testing.assert_array_equal(taken, to_float(images[[2, 0]]))
    assert taken.dtype == np.float32


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_floats_in_the_default_range_are_unchanged(dtype):
    images = to_float(_uint8()).astype(dtype)
    taken = ImageArray(images).take([0, 1, 2])
    np.testing.assert_allclose(taken, images, atol=1e-6)
    assert taken.dtype == np.float32


def test_a_given_value_range_is_mapped_to_the_default_one():
    images = np.zeros((1, 2, 2, 3))
    images[0, 0, 0] = [0.0, 0.5, 1.0]
    taken = ImageArray(images, value_range=(0, 1)).take([0])
    np.testing.assert_allclose(taken[0, 0, 0], [-1.0, 0.0, 1.0])


def test_a_file_gives_the_same_images_as_its_array(tmp_path):
    np.save(tmp_path / "images.npy", _uint8())
    from_file = ImageArray(tmp_path / "images.npy")
    assert from_file.shape == (3, 4, 4, 3)
    assert len(from_file) == 3
    np.testing.assert_array_equal(
        from_file.take([1, 2]), ImageArray(_uint8()).take([1, 2])
    )


def test_floats_that_seem_to_be_in_0_to_1_are_rejected_with_both_solutions():
    images = np.full((1, 2, 2, 3), 0.5, "float32")
    with pytest.raises(
        ValueError, match=r"value_range=\(0, 1\).*value_range=\(-1, 1\)"
    ):
        ImageArray(images)
    np.testing.assert_allclose(ImageArray(images, value_range=(-1, 1)).take([0]), 0.5)


def _with(value):
    images = np.zeros((100, 2, 2, 3), "float32")
    images[70, 0, 0, 0], images[71, 0, 0, 0] = -0.5, value
    return images


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (_with(np.nan), "finite numbers. Received: NaN or infinity among .* 64 to 99"),
        (_with(np.inf), "finite numbers"),
        (_with(1.5), r"in \[-1, 1\] .*Received: float values from -0.5 to 1.5"),
        (_with(-200.0), r"from -200 to 0"),
        (np.zeros((4, 4, 3), "uint8"), r"shape \(count, .* shape \(4, 4, 3\)"),
        (np.zeros((0, 4, 4, 3), "uint8"), "at least one image"),
        (np.zeros((2, 4, 4, 3), "int64"), "dtype int64"),
        (np.zeros((2, 4, 4, 3), bool), "dtype bool"),
        (np.zeros((2, 4, 4, 3), complex), "dtype complex128"),
        (np.array([None, "text"]), "dtype object"),
        ([np.zeros((2, 2, 3)), np.zeros((3, 3, 3))], "images of one size"),
    ],
)
def test_anything_but_an_array_of_images_is_rejected_in_one_line(images, message):
    with pytest.raises(ValueError, match=message) as error:
        ImageArray(images, argument="target_images")
    assert "`target_images`" in str(error.value)
    assert "\n" not in str(error.value)


def test_files_without_an_array_are_rejected(tmp_path):
    (tmp_path / "text.npy").write_text("not an array")
    np.save(tmp_path / "objects.npy", np.array([None], dtype=object))
    np.savez(tmp_path / "many.npz", a=np.zeros(1))
    for name in ("text.npy", "objects.npy", "many.npz"):
        with pytest.raises(ValueError, match=f"must be a .npy file .*{name}"):
            ImageArray(tmp_path / name)
    with pytest.raises(FileNotFoundError, match="gone.npy"):
        ImageArray(tmp_path / "gone.npy")


def test_an_invalid_range_is_rejected():
    with pytest.raises(ValueError, match=r"`value_range` must .*\(1, 0\)"):
        ImageArray(_uint8(), value_range=(1, 0))


def _numbered(count):
    """Make images of one pixel whose level is their index."""
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


def test_an_epoch_has_every_target_once():
    batches = _batches()
    assert batches.steps_per_epoch == 2
    assert sorted(_levels(batches, "anime")) == list(range(8))


def test_epochs_differ_and_each_is_reproducible():
    first, second = (_levels(_batches(), "anime", epoch) for epoch in (0, 1))
    assert first != second
    assert first == _levels(_batches(), "anime")
    assert first != _levels(_batches(seed=1), "anime")


def test_the_dropped_targets_differ_between_epochs():
    batches = _batches(num_targets=10)
    assert batches.steps_per_epoch == 2
    seen = [frozenset(_levels(batches, "anime", epoch)) for epoch in range(4)]
    assert {len(levels) for levels in seen} == {8}
    assert len(set(seen)) > 1


def test_fewer_targets_than_a_batch_make_one_batch():
    batches = _batches(num_targets=3, batch_size=16)
    assert [batch["anime"].shape[0] for batch in _epoch(batches)] == [3]
    assert [batch["input"].shape for batch in _epoch(batches)] == [(3, 3)]


@pytest.mark.parametrize("count", [3, 8, 20])
def test_any_number_of_inputs_is_used_evenly(count):
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


def test_input_images_are_required_without_a_latent_dim():
    with pytest.raises(ValueError, match="`input_images` must be given"):
        ArrayBatches(None, _numbered(2), latent_dim=None, batch_size=1, seed=0)
