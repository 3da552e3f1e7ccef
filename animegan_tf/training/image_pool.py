"""Image pool: earlier generated images, to be shown to the discriminator again."""

import tensorflow as tf

from animegan_tf.training.seeds import stateless_seed


class ImagePool:
    """Keep earlier generated images and return a mixture of old and new ones.

    Once the pool is full, each new image is returned at once with probability 1/2, and
    otherwise replaces a random old one, which is returned. Images that are not finite
    are not kept. Everything random is a pure
    function of the seed and the step, and the images are variables, so a resumed
    training repeats an unbroken one.

    Args:
        size: Number of images kept; 0 keeps none and returns every image.
        image_shape: `(height, width, channels)` of the images.
        seed: Seed of the random choices.
        salt: Number that keeps the pools of one training apart.

    Raises:
        ValueError: If `size` is negative.

    Reference: Shrivastava et al., 2017, https://arxiv.org/abs/1612.07828, section 2.3;
    Zhu et al., 2017, https://arxiv.org/abs/1703.10593, section 4.
    """

    def __init__(self, size: int, image_shape, *, seed: int, salt: int = 0):
        if size < 0:
            raise ValueError(f"`size` must be at least 0. Received: size={size}")
        self.size = size
        self.seed = seed
        self.salt = salt
        if size:
            self.images = tf.Variable(tf.zeros((size, *image_shape)), trainable=False)
            self.count = tf.Variable(0, dtype=tf.int64, trainable=False)

    def variables(self) -> dict[str, tf.Variable]:
        """Return the state that an exact checkpoint needs."""
        return {"images": self.images, "count": self.count} if self.size else {}

    def exchange(self, images, step, *, first=0):
        """Take in a batch of new images and return as many, old and new.

        Args:
            images: float32 tensor `(batch, *image_shape)` of a known batch size.
            step: Number of training steps made, an int64 scalar.
            first: Index of the first image among those of the step.

        Returns:
            float32 tensor of the same shape, without gradients.
        """
        images = tf.stop_gradient(tf.cast(images, tf.float32))
        if not self.size:
            return images
        seed = stateless_seed(self.seed, self.salt, step)
        returned = [
            self._exchange_one(image, tf.random.fold_in(seed, first + index))
            for index, image in enumerate(tf.unstack(images))
        ]
        return tf.stack(returned)

    def _exchange_one(self, image, seed):
        count = self.count.read_value()
        choices = tf.random.stateless_uniform([2], seed)
        slot = tf.cast(choices[1] * self.size, tf.int64)

        def fill():
            self.images.scatter_nd_update([[count]], [image])
            self.count.assign_add(1)
            return image

        def swap():
            old = tf.gather(self.images.read_value(), slot)
            self.images.scatter_nd_update([[slot]], [image])
            return old

        def return_new():
            return image

        def exchange():
            full, old = count >= self.size, choices[0] < 0.5
            return tf.cond(full, lambda: tf.cond(old, swap, return_new), fill)

        # An image that is not finite would spoil many later steps.
        return tf.cond(tf.reduce_all(tf.math.is_finite(image)), exchange, return_new)
