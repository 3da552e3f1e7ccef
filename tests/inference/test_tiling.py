import functools

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from animegan_tf.inference.engines.tensorflow_engine import TensorFlowEngine
from animegan_tf.inference.stylizer import Stylizer
from animegan_tf.inference.tiling import (
    Band,
    TilePlanner,
    TileRules,
    read_tile,
    reflect_positions,
    split_axis,
    split_image,
)
from animegan_tf.models.generators import build_generator

multiples = st.integers(1, 9)
rules = st.builds(TileRules.from_radius, st.integers(0, 40), multiples)


def check_bands(bands, length, rules):
    """Check what makes tiles exact."""
    assert bands[0].first == 0 and bands[-1].last == length
    for left, right in zip(bands[:-1], bands[1:], strict=True):
        assert left.last == right.first
    assert len({band.length for band in bands}) == 1
    for band in bands:
        assert band.first < band.last
        assert 0 <= band.start and band.stop <= length
        assert band.start % rules.multiple == band.length % rules.multiple == 0
        # A halo on both sides, or the border of the image.
        assert band.start == 0 or band.first - band.start >= rules.halo
        assert band.stop == length or band.stop - band.last >= rules.halo


@settings(deadline=None)
@given(rules, st.integers(1, 60), st.integers(1, 300))
def test_bands_cover_an_axis_with_a_halo_each(rules, count, own):
    length = count * rules.multiple
    bands = split_axis(length, own, rules)
    check_bands(bands, length, rules)
    if len(bands) > 1:
        assert bands[0].length <= own + rules.multiple - 1 + 2 * rules.halo


@settings(deadline=None)
@given(rules, st.integers(1, 40), st.integers(1, 40), st.integers(1, 20_000))
def test_image_is_covered_by_tiles_within_the_limit(rules, height, width, max_pixels):
    size = height * rules.multiple, width * rules.multiple
    bands = split_image(*size, max_pixels, rules)
    for axis_bands, length in zip(bands, size, strict=True):
        check_bands(axis_bands, length, rules)
    smallest = [min(n, 2 * rules.halo + rules.multiple) for n in size]
    area = bands[0][0].length * bands[1][0].length
    assert area <= max(max_pixels, smallest[0] * smallest[1])


def test_image_within_the_limit_is_one_tile():
    whole = [Band(0, 64, 0, 64)], [Band(0, 96, 0, 96)]
    assert split_image(64, 96, 64 * 96, TileRules(16, 8)) == whole


def test_bands_of_a_short_axis():
    # 112 pixels, halos of 16: two of 40 + 32 start at 0 and 40 and end at 72 and 112.
    assert split_axis(112, 40, TileRules(16, 8)) == [
        Band(0, 72, 0, 56),
        Band(40, 112, 56, 112),
    ]


def test_last_band_is_moved_inward():
    # Three of 24 + 16 pixels would end at 88, 8 beyond the border.
    bands = split_axis(80, 24, TileRules(8, 8))
    assert bands[-1] == Band(40, 80, 56, 80)


def test_radius_is_rounded_up_to_the_grid():
    assert TileRules.from_radius(17, 8) == TileRules(24, 8)
    assert TileRules.from_radius(0, 8) == TileRules(0, 8)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_reflection_equals_that_of_numpy(size):
    expected = np.pad(np.arange(size), (0, 20), mode="reflect")
    assert np.array_equal(reflect_positions(np.arange(size + 20), size), expected)


def test_tile_beyond_the_border_is_reflected_and_one_inside_is_a_view():
    images = np.arange(2 * 5 * 6 * 3).reshape(2, 5, 6, 3)
    padded = np.pad(images, [(0, 0), (0, 3), (0, 2), (0, 0)], mode="reflect")
    tile = read_tile(images, Band(2, 8, 2, 8), Band(4, 8, 4, 8))
    assert np.array_equal(tile, padded[:, 2:8, 4:8])
    inside = read_tile(images, Band(1, 4, 1, 4), Band(0, 6, 0, 6))
    assert np.shares_memory(inside, images)


LOCAL = {"width": 4, "body_width": 4, "num_blocks": 1, "head_width": 4}


@pytest.fixture(scope="module")
def local_generator():
    """A generator that can run in tiles."""
    return build_generator("anime", **LOCAL)


@pytest.fixture(scope="module")
def global_generator():
    """A generator with statistics of the whole image."""
    return build_generator("resnet", width=1, num_blocks=1)


def covered(plan, batch, height, width):
    """Count how many calls provide the result of each pixel."""
    counts = np.zeros((batch, height, width), int)
    for images, rows, columns in plan:
        counts[images, rows.first : rows.last, columns.first : columns.last] += 1
    return counts


@pytest.mark.parametrize("tile", [None, "auto", 40, 1000])
def test_every_pixel_has_one_result(local_generator, tile):
    planner = TilePlanner(TensorFlowEngine(local_generator), 16, tile)
    plan = list(planner.plan(3, 301, 170))
    assert (covered(plan, 3, 301, 170) == 1).all()
    assert len({(rows.length, columns.length) for _, rows, columns in plan}) == 1


def test_only_large_images_are_split(local_generator):
    planner = TilePlanner(TensorFlowEngine(local_generator), 16, "auto")
    assert len(list(planner.plan(1, 512, 512))) == 1
    assert len(list(planner.plan(1, 20_000, 20_000))) > 1
    assert (
        len(
            list(
                TilePlanner(TensorFlowEngine(local_generator), 16, None).plan(
                    1, 20_000, 20_000
                )
            )
        )
        == 1
    )


def test_tiles_stay_within_the_memory(local_generator):
    limit = 10 * 2**20
    planner = TilePlanner(
        TensorFlowEngine(local_generator),
        16,
        "auto",
        max_whole_bytes=limit,
        max_tile_bytes=limit,
    )
    num_bytes = planner.field.bytes_per_pixel
    for size in [(5000, 3000), (700, 20_000), (64, 100_000)]:
        _, rows, columns = next(iter(planner.plan(1, *size)))
        assert rows.length * columns.length * num_bytes <= limit


def test_batch_is_one_call_if_it_fits(local_generator):
    planner = TilePlanner(TensorFlowEngine(local_generator), 16, "auto")
    assert [batch for batch, _, _ in planner.plan(8, 64, 64)] == [slice(0, 8)]
    batches = [batch for batch, _, _ in planner.plan(3, 2000, 2000)]
    assert batches[:2] == [slice(0, 1), slice(1, 2)]


def test_padded_size_is_a_multiple_and_no_less_than_the_minimum(local_generator):
    planner = TilePlanner(TensorFlowEngine(local_generator), 24, "auto")
    [(_, rows, columns)] = planner.plan(1, 3, 100)
    assert (rows.length, columns.length) == (72, 120)


def test_multiple_of_the_generator_is_added():
    generator = build_generator("unet", width=1, num_downsamples=5)
    assert TilePlanner(TensorFlowEngine(generator), 3, "auto").multiple == 96


def test_padding_does_not_count_in_statistics_of_the_whole_image(
    local_generator, global_generator
):
    planners = [
        TilePlanner(TensorFlowEngine(generator), None, None)
        for generator in (local_generator, global_generator)
    ]
    lengths = [[call[1].length for call in p.plan(1, 101, 64)] for p in planners]
    # Of 8, which the second one needs, and of 16.
    assert lengths == [[112], [104]]


def test_generator_with_global_statistics_is_never_split(global_generator):
    for tile in ("auto", None):
        engine = TensorFlowEngine(global_generator)
        planner = TilePlanner(engine, 16, tile, max_memory=10**12)
        [call] = planner.plan(2, 30_000, 30_000)
        assert call[0] == slice(0, 2)
        assert call[1].length == call[2].length == 30_000


def test_images_too_large_for_the_memory_are_refused_with_both_numbers(
    global_generator,
):
    engine = TensorFlowEngine(global_generator)
    # Twice the estimate: the photo, its padded copy, or maps of at most 4 channels.
    field = engine.receptive_field(ignore_statistics=True)
    needed = 2 * field.bytes_per_pixel * 1024 * 2048
    planner = TilePlanner(engine, 16, "auto", max_memory=int(needed))
    assert [call[0] for call in planner.plan(2, 1024, 2048)] == [
        slice(0, 1),
        slice(1, 2),
    ]
    message = (
        rf"'resnet_generator' .*2048x1040 pixels needs about "
        rf"{needed * 1040 / 1024 / 1e9:.1f} GB of memory. "
        rf"This machine has {needed / 1e9:.1f} GB"
    )
    with pytest.raises(ValueError, match=message):
        next(iter(planner.plan(1, 1040, 2048)))


def test_memory_of_a_generator_without_a_graph_is_not_limited():
    class Network(keras.Model):
        def call(self, images):
            return images

    photo = keras.Input((None, None, 3))
    generator = keras.Model(photo, Network()(photo))
    planner = TilePlanner(TensorFlowEngine(generator), 16, "auto", max_memory=1)
    assert len(list(planner.plan(1, 64, 64))) == 1


def test_tile_size_for_a_generator_with_global_statistics_is_refused(global_generator):
    with pytest.raises(ValueError, match="'stem_norm'.*tiles would differ.*tile=512"):
        TilePlanner(TensorFlowEngine(global_generator), 16, 512)


@pytest.mark.parametrize("tile", [0, -4, 2.5, "large", True])
def test_invalid_tiles_are_refused(local_generator, tile):
    with pytest.raises(ValueError, match="`tile` must be a number of pixels"):
        TilePlanner(TensorFlowEngine(local_generator), 16, tile)


def test_pointwise_generator_accepts_the_smallest_tiles():
    image = keras.Input((None, None, 3))
    generator = keras.Model(image, keras.layers.Conv2D(3, 1)(image))
    plan = list(TilePlanner(TensorFlowEngine(generator), 1, 1).plan(1, 64, 65))
    assert len(plan) == 64 * 65


@functools.cache
def build_stylizer(name, tile):
    """Build a stylizer of a small generator with a strong influence of neighbors."""
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


def random_image(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def check_equal(tiled, whole):
    difference = np.abs(tiled.astype(int) - whole)
    # The order of floating-point sums depends on the shape.
    assert difference.max() <= 1
    assert (difference > 0).mean() < 1e-3
    assert whole.std() > 10.0


@pytest.mark.parametrize("name", ["anime", "unet"])
@settings(max_examples=6, deadline=None)
@given(
    height=st.integers(1, 150),
    width=st.integers(1, 150),
    tile=st.sampled_from([17, 32, 50, 100]),
)
def test_tiles_equal_the_whole_image(name, height, width, tile):
    # An image of one pixel has no contrast.
    height, width = height + 2, width + 2
    image = random_image(height, width)
    whole = build_stylizer(name, None)(image)
    check_equal(build_stylizer(name, tile)(image), whole)


@pytest.fixture(scope="module")
def wide_generator():
    """A generator that needs so much memory per pixel that small images are split."""
    keras.utils.set_random_seed(1)
    image = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(1024, 1, activation="relu")(image)
    x = keras.layers.ZeroPadding2D(1)(x)
    x = keras.layers.DepthwiseConv2D(3, activation="relu")(x)
    x = keras.layers.Conv2D(3, 1, kernel_initializer="random_normal")(x)
    generator = keras.Model(image, x)
    for weight in generator.trainable_weights:
        weight.assign(5.0 * weight)
    return generator


def test_large_images_are_split_automatically(wide_generator):
    image = random_image(201, 190)
    calls = []
    tiled = Stylizer(wide_generator)(
        image, progress=lambda *counts: calls.append(counts)
    )
    assert len(calls) > 1
    assert calls == [(n, len(calls)) for n in range(1, len(calls) + 1)]
    check_equal(tiled, Stylizer(wide_generator, tile=None)(image))


def test_batch_of_large_images_equals_each_alone(wide_generator):
    stylizer = Stylizer(wide_generator)
    batch = np.stack([random_image(170, 180, seed) for seed in range(2)])
    check_equal(stylizer(batch), np.stack([stylizer(image) for image in batch]))


def test_one_trace_serves_whole_images_and_tiles():
    stylizer = Stylizer(build_stylizer("anime", None).generator, tile=64)
    for size in [(1, 1), (70, 300), (33, 65), (300, 200)]:
        stylizer(random_image(*size))
    assert stylizer._engine.num_traces == 1


def test_uint16_images_are_split_too():
    image = random_image(150, 200).astype(np.uint16) * 257
    tiled = build_stylizer("anime", 32)(image)
    whole = build_stylizer("anime", None)(image)
    assert tiled.dtype == np.uint16
    assert np.abs(tiled.astype(int) - whole).max() <= 2


def test_generator_with_global_statistics_runs_on_whole_images(global_generator):
    generator = global_generator
    with pytest.raises(ValueError, match="tiles would differ"):
        Stylizer(generator, tile=64)
    image = random_image(40, 50)
    whole = Stylizer(generator, tile=None)(image)
    assert np.array_equal(Stylizer(generator)(image), whole)


@pytest.mark.slow
@pytest.mark.parametrize("tile", [100, 512])
def test_bundled_style_is_exact_in_tiles(tile):
    whole = Stylizer.from_preset("comic", tile=None)
    tiled = Stylizer(whole.generator, tile=tile)
    random = np.random.default_rng(2)
    image = np.kron(random.integers(0, 256, (44, 51, 3)), np.ones((17, 17, 1)))
    image = image[:, 3:].astype(np.uint8)
    difference = np.abs(tiled(image).astype(int) - whole(image))
    assert difference.max() <= 1
