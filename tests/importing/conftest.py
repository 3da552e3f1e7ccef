"""Reference networks in plain TensorFlow 1 operations, with the published names.

Written from the layer tables of the papers and the names in published checkpoints; they
share no code with the package. Scopes count up as those of `tf.contrib.layers` do.
"""

import numpy as np
import pytest
import tensorflow as tf

tf1 = tf.compat.v1


def pad(x, size, stride, side):
    if stride == 2:
        pads = (0, 1) if side == "after" else (1, 0)
    else:
        pads = (size // 2, size // 2)
    if pads == (0, 0):
        return x
    return tf.pad(x, [(0, 0), pads, pads, (0, 0)], mode="REFLECT")


def lrelu(x):
    return tf.nn.leaky_relu(x, 0.2)


def get(name, *shape):
    """Create a variable with random values for which activations keep their size."""
    if len(shape) >= 3:
        fan = int(np.prod(shape[:-1])) if shape[-1] != 1 else int(np.prod(shape[:2]))
        initializer = tf1.random_normal_initializer(0.0, (2.0 / fan) ** 0.5)
    elif name in ("gamma", "scale"):
        initializer = tf1.random_uniform_initializer(0.5, 1.5)
    else:
        initializer = tf1.random_uniform_initializer(-0.3, 0.3)
    return tf1.get_variable(name, shape, initializer=initializer)


def channels(x):
    return x.shape.as_list()[-1]


def conv(x, filters, size=3, stride=1, side="after"):
    with tf1.variable_scope(None, "Conv"):
        kernel = get("weights", size, size, channels(x), filters)
    return tf.nn.conv2d(pad(x, size, stride, side), kernel, stride, "VALID")


def normalize(x, axes, epsilon, scope=None, default=None):
    with tf1.variable_scope(scope, default):
        beta, gamma = get("beta", channels(x)), get("gamma", channels(x))
    mean, variance = tf.nn.moments(x, axes, keepdims=True)
    return tf.nn.batch_normalization(x, mean, variance, beta, gamma, epsilon)


def layer_norm(x, scope=None):
    return normalize(x, [1, 2, 3], 1e-12, scope, "LayerNorm")


def instance_norm(x, scope=None, epsilon=1e-5):
    return normalize(x, [1, 2], epsilon, scope, "InstanceNorm")


def upsample(x):
    return tf1.image.resize_images(x, 2 * tf.shape(x)[1:3])


def depthwise(x, scope, bias):
    x = pad(x, 3, 1, "after")
    with tf1.variable_scope(scope):
        x = tf.nn.depthwise_conv2d(x, get("w", 3, 3, channels(x), 1), [1] * 4, "VALID")
        return tf.nn.bias_add(x, get("bias", channels(x))) if bias else x


def inverted_residual(x, filters, scope, norm, bias):
    with tf1.variable_scope(scope):
        y = lrelu(norm(conv(x, 2 * channels(x), 1)))
        y = lrelu(norm(depthwise(y, scope, bias), scope="1"))
        y = norm(conv(y, filters, 1), scope="2")
    return x + y if channels(x) == filters else y


def separable(x, filters, stride=1):
    with tf1.variable_scope(None, "SeparableConv2d"):
        first = get("depthwise_weights", 3, 3, channels(x), 1)
        second = get("pointwise_weights", 1, 1, channels(x), filters)
        x = pad(x, 3, stride, "after")
        x = tf.nn.separable_conv2d(x, first, second, [1, stride, stride, 1], "VALID")
        return lrelu(instance_norm(x, epsilon=1e-6))


def animegan_v1(x):
    def block(x, filters):
        return lrelu(instance_norm(conv(x, filters)))

    def down(x, filters):
        half = tf1.image.resize_images(x, tf.shape(x)[1:3] // 2)
        strided = separable(x, filters, 2)
        return strided + separable(half, filters)

    with tf1.variable_scope("G_MODEL"):
        with tf1.variable_scope("b1"):
            x = down(block(block(x, 64), 64), 128)
        with tf1.variable_scope("b2"):
            x = down(separable(block(x, 128), 128), 256)
        with tf1.variable_scope("m"):
            x = block(x, 256)
            for index in range(1, 9):
                x = inverted_residual(x, 256, f"r{index}", instance_norm, bias=False)
            x = block(x, 256)
        with tf1.variable_scope("u2"):
            x = block(separable(separable(upsample(x), 128), 128), 128)
        with tf1.variable_scope("u1"):
            x = block(block(separable(upsample(x), 128), 64), 64)
        return tf.tanh(conv(x, 3, 1))


def animegan_v2(x):
    def block(x, *arguments):
        return lrelu(layer_norm(conv(x, *arguments)))

    with tf1.variable_scope("G_MODEL"):
        with tf1.variable_scope("A"):
            x = block(block(block(x, 32, 7), 64, 3, 2), 64)
        with tf1.variable_scope("B"):
            x = block(block(x, 128, 3, 2), 128)
        with tf1.variable_scope("C"):
            x = block(x, 128)
            for index in range(1, 5):
                x = inverted_residual(x, 256, f"r{index}", layer_norm, bias=True)
            x = block(x, 128)
        with tf1.variable_scope("D"):
            x = block(block(upsample(x), 128), 128)
        with tf1.variable_scope("E"):
            x = block(block(block(upsample(x), 64), 64), 32, 7)
        with tf1.variable_scope("out_layer"):
            return tf.tanh(conv(x, 3, 1))


def animegan_v2_lite(x):
    def block(x, filters, size=3, stride=1, scope=None):
        return lrelu(layer_norm(conv(x, filters, size, stride), scope))

    with tf1.variable_scope("G_MODEL"):
        x0 = block(x, 32, 7)
        x1 = block(block(x0, 32, stride=2), 64)
        x2 = block(block(x1, 64, stride=2), 128)
        x = block(block(x2, 64, stride=2), 128)
        for index in range(1, 5):
            y = block(x, 32, 1, scope=f"res{index}_1")
            x = x + conv(block(y, 32, scope=f"res{index}_2"), 128, 1)
        x = block(block(upsample(x), 128) + x2, 64)
        x = block(block(upsample(x), 64) + x1, 32)
        x = block(block(upsample(x), 32) + x0, 32, 7)
        with tf1.variable_scope("out_layer"):
            return tf.tanh(conv(x, 3, 1))


def lade_block(x, filters, size=3, stride=1):
    x = conv(x, filters, size, stride, "before")
    mean, variance = tf.nn.moments(x, [1, 2], keepdims=True)
    to_mean, to_variance = tf.nn.moments(conv(x, filters, 1), [1, 2], keepdims=True)
    x = (x - mean) / tf.sqrt(variance + 1e-5)
    return lrelu(x * tf.sqrt(to_variance + 1e-5) + to_mean)


def external_attention(x):
    shape, width = tf.shape(x), channels(x)
    with tf1.variable_scope("External_attention"):
        table = get("kernel", 1, width, 128)
        y = tf.reshape(conv(x, width, 1), (shape[0], -1, width))
        y = tf.nn.softmax(tf.nn.conv1d(y, table, 1, "VALID"), axis=1)
        y = y / (1e-9 + tf.reduce_sum(y, axis=2, keepdims=True))
        y = tf.nn.conv1d(y, tf.transpose(table, (0, 2, 1)), 1, "VALID")
        y = conv(tf.reshape(y, shape), width, 1)
        # Scale, shift, mean and variance are variables without a name of their own.
        values = [tf1.Variable(tf.random.uniform([width], 0.5, 1.5)) for _ in range(4)]
    scale, shift, mean, variance = values
    y = tf.nn.batch_normalization(y, mean, variance, shift, scale, 1e-3)
    return lrelu(y + x)


def animegan_v3_tail(x3, x2, x1, x0):
    x = external_attention(x3)
    for skip, filters in ((x2, 128), (x1, 64), (x0, 32)):
        x = lade_block(lade_block(upsample(x), filters) + skip, filters)
    return tf.tanh(conv(x, 3, 7, 1, "before"))


def animegan_v3(x):
    with tf1.variable_scope("base"):
        x0 = lade_block(x, 32, 7)
        x1 = lade_block(lade_block(x0, 32, stride=2), 64)
        x2 = lade_block(lade_block(x1, 64, stride=2), 128)
        x3 = lade_block(lade_block(x2, 128, stride=2), 128)
    with tf1.variable_scope("support"):
        animegan_v3_tail(x3, x2, x1, x0)
    with tf1.variable_scope("main"):
        return animegan_v3_tail(x3, x2, x1, x0)


def white_box(photo):
    def plain(x, filters, size=3, stride=1, scope=None):
        with tf1.variable_scope(scope, "Conv"):
            kernel = get("weights", size, size, channels(x), filters)
            bias = get("biases", filters)
        return tf.nn.conv2d(x, kernel, stride, "SAME") + bias

    def block(*arguments, **options):
        return lrelu(plain(*arguments, **options))

    x0 = block(photo, 32, 7)
    x1 = block(block(x0, 32, stride=2), 64)
    x = block(block(x1, 64, stride=2), 128)
    for index in range(4):
        with tf1.variable_scope(f"block_{index}"):
            y = plain(block(x, 128, scope="conv1"), 128, scope="conv2")
        x = x + y
    x = upsample(block(x, 64))
    x = upsample(block(block(x + x1, 64), 32))
    x = plain(block(x + x0, 32), 3, 7)
    # The guided filter: means over 3x3 windows, cut at the border.
    ones = tf.ones_like(photo)
    window = tf.ones((3, 3, 3, 1))

    def mean(value):
        sums = [
            tf.nn.depthwise_conv2d(v, window, [1] * 4, "SAME") for v in (value, ones)
        ]
        return sums[0] / sums[1]

    covariance = mean(photo * x) - mean(photo) * mean(x)
    slope = covariance / (mean(photo * photo) - mean(photo) ** 2 + 5e-3)
    return mean(slope) * photo + mean(mean(x) - slope * mean(photo))


NETWORKS = {
    "animegan_v1": animegan_v1,
    "animegan_v2": animegan_v2,
    "animegan_v2_lite": animegan_v2_lite,
    "animegan_v3": animegan_v3,
    "white_box": white_box,
}


# Factors of the last kernel, for which the output stays inside [-1, 1].
LAST_FACTORS = {"animegan_v3": 0.05, "white_box": 0.01}


class Reference:
    """A reference network with random weights, as a graph of TensorFlow 1.

    AnimeGANv3 is built twice, as published: for training, and with the same variables
    for use. Only the attention's unnamed variables exist once for each.
    """

    def __init__(self, family, seed=0):
        self.graph = tf.Graph()
        with self.graph.as_default():
            tf1.set_random_seed(seed)
            self.photo = tf1.placeholder(tf.float32, (None, None, None, 3), "photo")
            with tf1.variable_scope("generator"):
                self.output = NETWORKS[family](self.photo)
            if family == "animegan_v3":
                with tf1.variable_scope("generator", reuse=True):
                    self.output = NETWORKS[family](self.photo)
            self.session = tf1.Session()
            self.session.run(tf1.global_variables_initializer())
            factor = LAST_FACTORS.get(family, 1.0)
            for variable in tf1.trainable_variables():
                if variable.shape[-1] == 3:
                    self.session.run(variable.assign(variable * factor))

    def __call__(self, photo):
        return self.session.run(self.output, {self.photo: photo})

    def save(self, path, *, training=False):
        """Save a checkpoint; of a training, with a discriminator and two optimizers."""
        with self.graph.as_default():
            if training:
                with tf1.variable_scope("discriminator"):
                    logits = conv(conv(self.output, 32), 1)
                step = tf1.train.get_or_create_global_step()
                loss = tf.reduce_mean(logits)
                for scope in ("generator", "discriminator"):
                    variables = tf1.trainable_variables(scope)
                    optimizer = tf1.train.AdamOptimizer(1e-4)
                    optimizer.minimize(loss, step, variables)
                average = tf1.train.ExponentialMovingAverage(0.9)
                average.apply(tf1.trainable_variables("generator")[:3])
                known = set(self.session.run(tf1.report_uninitialized_variables()))
                new = [v for v in tf1.global_variables() if v.op.name.encode() in known]
                self.session.run(tf1.variables_initializer(new))
            return tf1.train.Saver().save(self.session, str(path))

    def save_as(self, path, rename):
        """Save the variables under other names; those renamed to `None` are left out.

        Args:
            path: Prefix of the checkpoint.
            rename: Function from a name to the new one.
        """
        with self.graph.as_default():
            names = {v.op.name: v for v in tf1.global_variables()}
            saved = {rename(name): variable for name, variable in names.items()}
            saved.pop(None, None)
            return tf1.train.Saver(saved).save(self.session, str(path))

    def frozen(self):
        """Return the graph of the output with the variables as constants."""
        name = self.output.op.name
        return tf1.graph_util.convert_variables_to_constants(
            self.session, self.graph.as_graph_def(), [name]
        )


@pytest.fixture(scope="session")
def reference_of():
    """Function from a family to its reference network, built once."""
    references = {}

    def build(family):
        if family not in references:
            references[family] = Reference(family)
        return references[family]

    return build


@pytest.fixture
def new_reference():
    """Function from a family to a new reference network."""
    return Reference


@pytest.fixture
def noise():
    """Function from a height and a width to one image of noise in [-1, 1]."""

    def make(height, width):
        return (
            np.random.default_rng(1)
            .uniform(-1.0, 1.0, (1, height, width, 3))
            .astype("float32")
        )

    return make


@pytest.fixture
def reflect():
    """Function from an image to it on sides that a family's network takes, at least 64.

    So does `Stylizer`; the new rows and columns are at the end.
    """
    multiples = {"animegan_v1": 4, "animegan_v2": 4, "white_box": 16}

    def extend(image, family):
        step = multiples.get(family, 8)
        sides = (-(-max(side, 64) // step) * step for side in image.shape[:2])
        pads = [(0, new - old) for new, old in zip(sides, image.shape, strict=False)]
        return np.pad(image, [*pads, (0, 0)], mode="reflect")

    return extend
