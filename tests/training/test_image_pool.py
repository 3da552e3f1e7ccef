import numpy as np
import pytest
import tensorflow as tf

from animegan_tf.training.image_pool import ImagePool


def _run(pool, first, last, batch_size=2):
    """Exchange batches of images that hold their own number; return the numbers."""
    exchange = tf.function(pool.exchange)
    numbers = []
    for step in range(first, last):
        values = np.arange(batch_size, dtype="float32") + step * batch_size
        images = np.broadcast_to(values[:, None, None, None], (batch_size, 2, 2, 1))
        out = exchange(tf.constant(images), tf.constant(step, tf.int64)).numpy()
        assert out.shape == images.shape
        assert (out == out[:, :1, :1]).all()
        numbers.append(out[:, 0, 0, 0].tolist())
    return numbers


def test_pool_fills_first_and_then_hands_back_old_and_new():
    pool = ImagePool(4, (2, 2, 1), seed=0)
    assert _run(pool, 0, 2) == [[0, 1], [2, 3]]
    later = _run(pool, 2, 102)
    new = [n in (2 * s, 2 * s + 1) for s, pair in enumerate(later, 2) for n in pair]
    assert 0.4 < np.mean(new) < 0.6
    assert all(n <= 2 * s + 1 for s, pair in enumerate(later, 2) for n in pair)


def test_no_image_is_handed_back_twice():
    pool = ImagePool(3, (2, 2, 1), seed=1)
    _run(pool, 0, 2)
    # Images of the filling come back once more when they are replaced.
    numbers = sum(_run(pool, 2, 60), [])
    assert len(set(numbers)) == len(numbers)


def test_pool_of_none_hands_every_image_back():
    pool = ImagePool(0, (2, 2, 1), seed=0)
    assert _run(pool, 0, 3) == [[0, 1], [2, 3], [4, 5]]
    assert pool.variables() == {}


def test_pool_goes_on_exactly_from_its_variables():
    pool = ImagePool(3, (2, 2, 1), seed=7, salt=2)
    _run(pool, 0, 10)
    resumed = ImagePool(3, (2, 2, 1), seed=7, salt=2)
    for name, variable in resumed.variables().items():
        variable.assign(pool.variables()[name])
    assert _run(resumed, 10, 30) == _run(pool, 10, 30)


def test_pools_of_other_salt_or_seed_decide_otherwise():
    def numbers(seed, salt):
        return str(_run(ImagePool(3, (2, 2, 1), seed=seed, salt=salt), 0, 20))

    assert len({numbers(0, 0), numbers(0, 1), numbers(1, 0)}) == 3


def test_exchange_passes_no_gradient_and_keeps_float32():
    images = tf.Variable(tf.ones((1, 2, 2, 1)))
    pool = ImagePool(2, (2, 2, 1), seed=0)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(pool.exchange(images, tf.constant(0, tf.int64)))
    assert tape.gradient(loss, images) is None
    half = tf.ones((1, 2, 2, 1), tf.bfloat16)
    assert pool.exchange(half, tf.constant(1, tf.int64)).dtype == tf.float32


def test_negative_size_is_refused():
    with pytest.raises(ValueError, match="`size` must be at least 0"):
        ImagePool(-1, (2, 2, 1), seed=0)
