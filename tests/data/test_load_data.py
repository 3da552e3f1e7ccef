import io

import numpy as np
import pytest

from animegan_tf.data.load_data import load_data, preprocess_image
from animegan_tf.imaging.arrays import to_float
from animegan_tf.imaging.writing import write_image


@pytest.fixture
def folder(tmp_path):
    """Images of one level, 20 wide and 10 high, with a stripe at the left end."""
    folder = tmp_path / "set"
    (folder / "deep").mkdir(parents=True)
    for name, level in (("a.png", 0), ("b.png", 100), ("deep/c.png", 255)):
        image = np.full((10, 20, 3), level, np.uint8)
        image[:, :4] = 50
        write_image(image, folder / name)
    return folder


def test_center_square_is_resized_to_a_batch_of_one(folder):
    path = folder / "b.png"
    for source in (path, path.read_bytes(), io.BytesIO(path.read_bytes())):
        batch = preprocess_image(source, 8)
        assert (batch.shape, batch.dtype) == ((1, 8, 8, 3), np.float32)
        np.testing.assert_allclose(batch, 100 / 127.5 - 1, atol=1e-6)
    assert preprocess_image(path).shape == (1, 256, 256, 3)


def test_without_a_size_the_whole_image_is_kept(folder):
    batch = preprocess_image(folder / "b.png", None)
    assert batch.shape == (1, 10, 20, 3)
    np.testing.assert_allclose(batch[0, 0, [0, 19], 0], to_float([50, 100]), atol=1e-6)


def test_folder_is_loaded_in_the_order_of_paths(folder):
    images = load_data(folder, 6)
    assert (images.shape, images.dtype) == ((3, 6, 6, 3), np.float32)
    np.testing.assert_allclose(images[:, 3, 3, 0], to_float([0, 100, 255]), atol=1e-6)


def test_npy_files_keep_their_size(tmp_path):
    levels = np.random.default_rng(0).integers(0, 256, (2, 5, 7, 3), dtype=np.uint8)
    np.save(tmp_path / "levels.npy", levels)
    expected = to_float(levels)
    np.testing.assert_allclose(load_data(tmp_path / "levels.npy"), expected, atol=1e-6)
    np.save(tmp_path / "unit.npy", levels / 255.0)
    images = load_data(tmp_path / "unit.npy", value_range=(0, 1))
    np.testing.assert_allclose(images, expected, atol=1e-6)
    with pytest.raises(ValueError, match="`source` has no value below 0"):
        load_data(tmp_path / "unit.npy")


def test_sources_without_images_are_refused(tmp_path):
    with pytest.raises(ValueError, match="has no images"):
        load_data(tmp_path)
    with pytest.raises(FileNotFoundError, match="gone"):
        load_data(tmp_path / "gone")
    with pytest.raises(ValueError, match="`size` must be at least 1"):
        preprocess_image(tmp_path / "a.png", 0)
