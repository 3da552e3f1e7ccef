import numpy as np
import pytest

from animegan_tf.losses.fidelity import (
    activity_map,
    contrast_loss,
    flat_region_loss,
    grid_loss,
    local_color_loss,
    local_means,
    new_edge_loss,
    wide_means,
)


@pytest.fixture
def images():
    random = np.random.default_rng(0)
    return random.uniform(-1, 1, (2, 16, 24, 3)).astype("float32")


def test_local_means_leave_out_the_rest_at_the_border():
    image = np.arange(2 * 5, dtype="float32").reshape(1, 2, 5, 1)
    # 0 1 | 2 3 | 4
    # 5 6 | 7 8 | 9
    np.testing.assert_allclose(local_means(image, 2)[0, 0, :, 0], [3.0, 5.0])


def test_color_inside_a_square_is_free_but_its_mean_is_held(images):
    flipped = images.copy()
    flipped[:, :8, :8] = images[:, :8, :8][:, ::-1, ::-1]
    assert float(local_color_loss(flipped, images, 8)) == pytest.approx(0.0, abs=1e-6)
    assert float(local_color_loss(0.5 * images, images, 8)) > 0.0


def test_a_constant_change_of_gray_counts_a_third_of_its_luma(images):
    # Luma is in [0, 1], so a change of 0.2 in [-1, 1] is 0.1, and chroma stays.
    loss = local_color_loss(images + 0.2, images, 4)
    assert float(loss) == pytest.approx(0.1 / 3.0, abs=1e-5)


def test_contrast_is_asked_for_up_to_a_fraction(images):
    assert float(contrast_loss(0.98 * images, images, 0.97)) == 0.0
    gray = np.repeat(images[..., :1], 3, axis=-1)
    deviation = gray[..., 0].std(axis=(1, 2)).mean()
    loss = contrast_loss(0.5 * gray, gray, 0.97)
    assert float(loss) == pytest.approx(0.47 * deviation, rel=1e-4)


def test_activity_is_0_in_a_gradual_sky_and_1_at_an_edge():
    sky = np.linspace(-0.5, 0.5, 96, dtype="float32")[None, :, None, None]
    sky = np.broadcast_to(sky, (1, 96, 64, 3)).copy()
    assert float(np.max(activity_map(sky))) == 0.0
    sky[:, 40:, 30:] = -1.0
    activity = np.asarray(activity_map(sky))
    assert activity.shape == (1, 96, 64, 1)
    # Up to three pixels from the edge, less one that is blurred; not inside.
    assert activity[0, 38:42, 32:60].min() == 1.0
    assert activity[0, :20].max() == 0.0
    assert activity[0, 50:, 40:].max() == 0.0


def test_activity_covers_images_of_odd_size():
    assert activity_map(np.zeros((1, 33, 18, 3), "float32")).shape == (1, 33, 18, 1)


def test_new_texture_counts_only_where_the_reference_is_flat():
    reference = np.zeros((1, 32, 32, 3), "float32")
    rows = np.arange(32)[:, None, None]
    waves = np.broadcast_to(np.where(rows % 2, 0.1, -0.1), (32, 32, 3))
    waves = waves[None].astype("float32")
    flat = np.zeros((1, 32, 32, 1), "float32")
    # At full size every vertical difference is 0.2; means of 4x4 pixels have none.
    loss = flat_region_loss(waves, reference, flat)
    assert float(loss) == pytest.approx(0.2, abs=1e-6)
    assert float(flat_region_loss(waves, reference, flat + 1.0)) == 0.0
    assert float(flat_region_loss(waves, waves, flat)) == 0.0


def test_gradients_reach_the_generated_image_only():
    tf = pytest.importorskip("tensorflow")
    image = tf.Variable(np.zeros((1, 16, 16, 3), "float32"))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(activity_map(image))
    assert tape.gradient(total, image) is None


def test_wide_means_keep_constant_images_and_flatten_texture():
    image = np.full((1, 21, 35, 3), 0.3, "float32")
    np.testing.assert_allclose(wide_means(image), image, atol=1e-6)
    checks = np.indices((32, 32)).sum(axis=0) % 2 * 1.0
    checks = np.repeat(checks[None, ..., None], 3, axis=-1).astype("float32")
    np.testing.assert_allclose(wide_means(checks), 0.5, atol=1e-6)


def test_new_edges_are_those_that_no_reference_has_nearby():
    contour = np.full((1, 12, 16, 3), -1.0, "float32")
    contour[:, :, 8:] = 1.0
    assert float(new_edge_loss(contour, contour)) == 0.0
    # A weaker one, one that is left out, and one two pixels beside the contour.
    assert float(new_edge_loss(0.5 * contour, contour)) == 0.0
    assert float(new_edge_loss(np.zeros_like(contour), contour)) == 0.0
    moved = np.roll(contour, 2, axis=2)[:, :, 3:-3]
    assert float(new_edge_loss(moved, contour[:, :, 3:-3])) == 0.0


def test_an_echo_beside_a_contour_counts_by_its_gradients():
    contour = np.full((1, 12, 16, 3), -1.0, "float32")
    contour[:, :, 4:] = 0.0
    echo = contour.copy()
    echo[:, :, 10] = 0.5
    # Two of the 15 horizontal gradients, each of 0.5; the loss is the mean over both
    # directions.
    assert float(new_edge_loss(echo, contour)) == pytest.approx(0.5 * 2 / 15 / 2)
    # Within reach of the contour, whose gradient is 1, it is free.
    assert float(new_edge_loss(echo, contour, reach=7)) == 0.0
    # A contour of the other direction allows nothing.
    level = np.full_like(contour, -1.0)
    level[:, 6:] = 0.0
    allowed = pytest.approx((0.5 * 2 + 1.0) / 15 / 2)
    assert float(new_edge_loss(echo, level)) == allowed


def test_stripes_of_the_generators_grid_count_less_a_tolerance():
    stripes = np.zeros((1, 64, 64, 3), "float32")
    stripes[:, :, ::4] = 0.4
    # One phase is 0.3 above the mean of the four, three are 0.1 below; the other axis
    # has none.
    expected = pytest.approx((0.3 + 3 * 0.1) / 4 / 2)
    assert float(grid_loss(stripes, 0.0 * stripes, 4, tolerance=0.0)) == expected
    expected = pytest.approx((0.2 + 0.0) / 4 / 2)
    assert float(grid_loss(stripes, 0.0 * stripes, 4, tolerance=0.1)) == expected
    rows = np.swapaxes(stripes, 1, 2)
    assert float(grid_loss(rows, 0.0 * rows, 4, tolerance=0.1)) == expected
    assert float(grid_loss(stripes, stripes)) == 0.0
    # Those of half the period count as well.
    expected = pytest.approx((0.2 + 0.0) / 4 / 2)
    assert float(grid_loss(stripes, 0.0 * stripes, tolerance=0.1)) == expected


def test_stripes_of_other_periods_and_noise_are_not_of_the_grid():
    random = np.random.default_rng(0)
    noise = random.uniform(-0.1, 0.1, (1, 64, 64, 3)).astype("float32")
    assert float(grid_loss(noise, 0.0 * noise)) < 1e-3
    # Of three pixels: after 12 every phase had every value.
    threes = np.zeros((1, 48, 48, 3), "float32")
    threes[:, :, ::3] = 0.4
    assert float(grid_loss(threes, 0.0 * threes)) < 0.01


def test_small_images_have_as_many_periods_as_fit():
    stripes = np.zeros((1, 10, 8, 3), "float32")
    stripes[:, :, ::4] = 0.4
    expected = pytest.approx((0.3 + 3 * 0.1) / 4 / 2)
    assert float(grid_loss(stripes, 0.0 * stripes, 4, tolerance=0.0)) == expected
