import functools

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from animegan_tf.inference.stylizer import Stylizer
from animegan_tf.inference.tiling import planner as tile_planner
from animegan_tf.models.generators import build_generator


@functools.cache
def build_stylizer(name, tile):
    """Build a stylizer of a small network whose neighbours matter much."""
    keras.utils.set_random_seed(1)
    options = {
        "anime": {"width": 4, "body_width": 4, "num_blocks": 1, "head_width": 4},
        "unet": {"width": 2, "num_downsamples": 3, "normalization": "batch"},
    }[name]
    generator = build_generator(name, **options)
    for weight in generator.trainable_weights:
        if "kernel" in weight.path:
            weight.assign(1.4 * weight)
    return Stylizer(generator, tile=tile)


def random_picture(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def check_equal(tiled, whole):
    difference = np.abs(tiled.astype(int) - whole)
    # Sums of floats may be added up in another order for another shape.
    assert difference.max() <= 1
    assert (difference > 0).mean() < 1e-3
    assert whole.std() > 10.0


@pytest.mark.parametrize("name", ["anime", "unet"])
@settings(max_examples=8, deadline=None)
@given(
    height=st.integers(1, 180),
    width=st.integers(1, 180),
    tile=st.sampled_from([17, 32, 50, 100]),
)
def test_tiles_fit_together_exactly(name, height, width, tile):
    # One-pixel pictures are plain; noise of any larger size is not.
    height, width = height + 2, width + 2
    picture = random_picture(height, width)
    whole = build_stylizer(name, None)(picture)
    check_equal(build_stylizer(name, tile)(picture), whole)


def test_tiles_are_chosen_for_large_pictures(monkeypatch):
    for name in ("_MAX_WHOLE_BYTES", "_MAX_TILE_BYTES"):
        monkeypatch.setattr(tile_planner, name, 2 * 2**20)
    stylizer = Stylizer(build_stylizer("anime", None).generator)
    picture = random_picture(301, 199)
    calls = []
    tiled = stylizer(picture, progress=lambda *counts: calls.append(counts))
    assert len(calls) > 1
    assert calls == [(n, len(calls)) for n in range(1, len(calls) + 1)]
    check_equal(tiled, build_stylizer("anime", None)(picture))


def test_batches_of_large_pictures_equal_each_alone(monkeypatch):
    for name in ("_MAX_WHOLE_BYTES", "_MAX_TILE_BYTES"):
        monkeypatch.setattr(tile_planner, name, 2 * 2**20)
    stylizer = Stylizer(build_stylizer("anime", None).generator)
    batch = np.stack([random_picture(200, 200, seed) for seed in range(3)])
    check_equal(stylizer(batch), np.stack([stylizer(picture) for picture in batch]))


def test_one_trace_serves_all_sizes_whole_and_in_tiles():
    stylizer = Stylizer(build_stylizer("anime", None).generator, tile=64)
    for size in [(1, 1), (70, 300), (33, 65), (300, 200)]:
        stylizer(random_picture(*size))
    assert stylizer._run.num_traces == 1


def test_deep_pictures_are_cut_as_well():
    picture = random_picture(150, 200).astype(np.uint16) * 257
    tiled = build_stylizer("anime", 32)(picture)
    whole = build_stylizer("anime", None)(picture)
    assert tiled.dtype == np.uint16
    assert np.abs(tiled.astype(int) - whole).max() <= 2


def test_network_of_the_whole_picture_refuses_tiles_and_runs_whole():
    generator = build_generator("resnet", width=1, num_blocks=1)
    with pytest.raises(ValueError, match="tiles would differ"):
        Stylizer(generator, tile=64)
    picture = random_picture(40, 50)
    whole = Stylizer(generator, tile=None)(picture)
    assert np.array_equal(Stylizer(generator)(picture), whole)


def test_many_pictures_come_in_order_and_failures_in_their_place(tmp_path):
    stylizer = build_stylizer("anime", None)
    pictures = [random_picture(9, 20 + n) for n in range(3)]
    results = list(stylizer.stylize_many([*pictures, tmp_path / "gone.png"]))
    for (source, result), picture in zip(results[:3], pictures, strict=True):
        assert source is picture
        assert np.array_equal(result, stylizer(picture))
    assert isinstance(results[3][1], FileNotFoundError)


@pytest.mark.slow
@pytest.mark.parametrize("tile", [100, 512])
def test_bundled_style_is_exact_in_tiles(tile):
    whole = Stylizer.from_preset("comic", tile=None)
    tiled = Stylizer(whole.generator, tile=tile)
    random = np.random.default_rng(2)
    picture = np.kron(random.integers(0, 256, (44, 51, 3)), np.ones((17, 17, 1)))
    picture = picture[:, 3:].astype(np.uint8)
    difference = np.abs(tiled(picture).astype(int) - whole(picture))
    assert difference.max() <= 1
