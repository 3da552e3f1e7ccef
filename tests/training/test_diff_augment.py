import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.training.diff_augment import diff_augment

SEED = tf.constant([3, 4], tf.int64)


@pytest.fixture
def images():
    # No pixel is 0, so a 0 in the result is always a gap.
    values = np.random.default_rng(0).uniform(0.5, 1.0, (64, 16, 16, 3))
    return tf.constant(values, tf.float32)


def _shifted(image, down, right):
    """Move an image, with 0 where nothing is left."""
    padded = np.pad(image, ((16, 16), (16, 16), (0, 0)))
    return padded[16 - down : 32 - down, 16 - right : 32 - right]


def test_translation_moves_by_at_most_an_eighth_and_every_move_occurs(images):
    result = diff_augment(images, ("translation",), SEED).numpy()
    moves = set()
    for before, after in zip(images.numpy(), result, strict=True):
        fitting = [
            (down, right)
            for down in range(-3, 4)
            for right in range(-3, 4)
            if np.array_equal(_shifted(before, down, right), after)
        ]
        assert len(fitting) == 1
        moves |= set(fitting)
    assert {down for down, _ in moves} == {right for _, right in moves}
    assert {down for down, _ in moves} == {-2, -1, 0, 1, 2}


def test_cutout_leaves_out_one_square_of_half_the_side(images):
    result = diff_augment(images, ("cutout",), SEED).numpy()
    sizes = set()
    for before, after in zip(images.numpy(), result, strict=True):
        gap = np.all(after == 0.0, axis=-1)
        rows, columns = np.flatnonzero(gap.any(1)), np.flatnonzero(gap.any(0))
        assert gap[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
        assert gap.sum() == len(rows) * len(columns)
        assert np.array_equal(after[~gap], before[~gap])
        sizes |= {len(rows), len(columns)}
    # Smaller ones hang over the border.
    assert max(sizes) == 8
    assert min(sizes) >= 4


def test_equal_seeds_give_equal_changes_and_others_others(images):
    names = ("translation", "cutout", "color")
    first = diff_augment(images, names, SEED).numpy()
    assert np.array_equal(first, diff_augment(images, names, SEED).numpy())
    assert not np.array_equal(first, diff_augment(images, names, SEED + 1).numpy())


@pytest.mark.slow
def test_works_alike_in_a_graph_of_unknown_sizes(images):
    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 3))])
    def augment(batch):
        return diff_augment(batch, ("translation", "cutout", "color"), SEED)

    eager = diff_augment(images, ("translation", "cutout", "color"), SEED)
    np.testing.assert_allclose(augment(images), eager, atol=1e-6)


def test_gradient_reaches_exactly_the_pixels_that_are_left(images):
    with tf.GradientTape() as tape:
        tape.watch(images)
        result = diff_augment(images, ("translation", "cutout"), SEED)
        total = tf.reduce_sum(result)
    gradient = tape.gradient(total, images).numpy()
    assert set(np.unique(gradient)) == {0.0, 1.0}
    assert gradient.sum() == np.count_nonzero(result)


def test_no_augmentation_changes_nothing(images):
    assert diff_augment(images, (), SEED) is images


def test_color_shifts_flat_gray_images_by_at_most_half():
    gray = tf.zeros((200, 4, 4, 3))
    result = diff_augment(gray, ("color",), SEED).numpy()
    # Of a flat gray image only the brightness changes, alike everywhere.
    levels = result[:, 0, 0, 0]
    np.testing.assert_allclose(
        result, np.broadcast_to(levels[:, None, None, None], result.shape), atol=1e-6
    )
    assert -0.5 <= levels.min() < -0.45 and 0.45 < levels.max() <= 0.5
    assert levels.mean() == pytest.approx(0.0, abs=0.08)


def test_color_changes_saturation_by_0_to_2_and_contrast_by_half_times(images):
    images = images.numpy()
    result = diff_augment(images, ("color",), SEED).numpy()

    def chroma(values):
        return values - values.mean(axis=3, keepdims=True)

    def ratio(after, before):
        return np.std(after, axis=(1, 2, 3)) / np.std(before, axis=(1, 2, 3))

    luminance = [v.mean(axis=3, keepdims=True) for v in (result, images)]
    contrast = ratio(*luminance)
    saturation = ratio(chroma(result), chroma(images)) / contrast
    assert 0.5 <= contrast.min() < 0.6 and 1.4 < contrast.max() <= 1.5
    assert 0.0 <= saturation.min() < 0.2 and 1.8 < saturation.max() <= 2.0
    # Every image keeps its own pattern, up to that.
    for after, before in zip(*luminance, strict=True):
        correlation = np.corrcoef(after.ravel(), before.ravel())[0, 1]
        assert correlation == pytest.approx(1.0, abs=1e-4)


def test_color_passes_gradients_and_keeps_the_dtype(images):
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(tf.square(diff_augment(images, ("color",), SEED)))
    assert np.all(np.isfinite(tape.gradient(total, images)))
    half = tf.cast(images, tf.bfloat16)
    assert diff_augment(half, ("color",), SEED).dtype == tf.bfloat16


def test_unknown_augmentation_is_refused(images):
    with pytest.raises(ValueError, match="any of translation, cutout, color.*'blur'"):
        diff_augment(images, ("blur",), SEED)
