import keras
import numpy as np
import pytest

from animegan_tf.inference.tiling import planner as tile_planner
from animegan_tf.inference.tiling.planner import TilePlanner
from animegan_tf.models.generators import build_generator

LOCAL = {"width": 4, "body_width": 4, "num_blocks": 1, "head_width": 4}


@pytest.fixture(scope="module")
def local_generator():
    return build_generator("anime", **LOCAL)


@pytest.fixture(scope="module")
def global_generator():
    return build_generator("resnet", width=1, num_blocks=1)


def covered(plan, batch, height, width):
    """Count how often each pixel is settled."""
    counts = np.zeros((batch, height, width), int)
    for pictures, rows, columns in plan:
        counts[pictures, rows.first : rows.last, columns.first : columns.last] += 1
    return counts


@pytest.mark.parametrize("tile", [None, "auto", 40, 1000])
def test_every_pixel_is_settled_once(local_generator, tile):
    planner = TilePlanner(local_generator, 16, tile)
    plan = list(planner.plan(3, 301, 170))
    assert (covered(plan, 3, 301, 170) == 1).all()
    assert len({(rows.length, columns.length) for _, rows, columns in plan}) == 1


def test_small_pictures_go_whole_and_large_ones_in_tiles(local_generator):
    planner = TilePlanner(local_generator, 16, "auto")
    assert len(list(planner.plan(1, 512, 512))) == 1
    assert len(list(planner.plan(1, 20_000, 20_000))) > 1
    assert (
        len(list(TilePlanner(local_generator, 16, None).plan(1, 20_000, 20_000))) == 1
    )


def test_tiles_stay_within_the_memory(local_generator, monkeypatch):
    for name in ("_MAX_WHOLE_BYTES", "_MAX_TILE_BYTES"):
        monkeypatch.setattr(tile_planner, name, 10 * 2**20)
    planner = TilePlanner(local_generator, 16, "auto")
    num_bytes = planner.field.bytes_per_pixel
    for size in [(5000, 3000), (700, 20_000), (64, 100_000)]:
        _, rows, columns = next(iter(planner.plan(1, *size)))
        assert rows.length * columns.length * num_bytes <= 10 * 2**20


def test_batch_goes_at_once_if_it_fits(local_generator):
    planner = TilePlanner(local_generator, 16, "auto")
    assert [p for p, _, _ in planner.plan(8, 64, 64)] == [slice(0, 8)]
    pictures = [p for p, _, _ in planner.plan(3, 2000, 2000)]
    assert pictures[:2] == [slice(0, 1), slice(1, 2)]


def test_padded_size_is_a_multiple_and_no_less_than_the_minimum(local_generator):
    planner = TilePlanner(local_generator, 24, "auto")
    [(_, rows, columns)] = planner.plan(1, 3, 100)
    assert (rows.length, columns.length) == (72, 120)


def test_network_s_own_multiple_is_added():
    generator = build_generator("unet", width=1, num_downsamples=5)
    assert TilePlanner(generator, 3, "auto").multiple == 96


def test_network_of_the_whole_picture_is_never_cut(global_generator):
    for tile in ("auto", None):
        [call] = TilePlanner(global_generator, 16, tile).plan(2, 30_000, 30_000)
        assert call[0] == slice(0, 2)
        assert call[1].length == call[2].length == 30_000


def test_tiles_of_a_network_of_the_whole_picture_are_refused(global_generator):
    with pytest.raises(ValueError, match="'stem_norm'.*tiles would differ.*tile=512"):
        TilePlanner(global_generator, 16, 512)


@pytest.mark.parametrize("tile", [0, -4, 2.5, "large", True])
def test_senseless_tiles_are_refused(local_generator, tile):
    with pytest.raises(ValueError, match="`tile` must be a number of pixels"):
        TilePlanner(local_generator, 16, tile)


def test_pointwise_network_takes_the_smallest_tiles():
    image = keras.Input((None, None, 3))
    generator = keras.Model(image, keras.layers.Conv2D(3, 1)(image))
    plan = list(TilePlanner(generator, 1, 1).plan(1, 64, 65))
    assert len(plan) == 64 * 65
