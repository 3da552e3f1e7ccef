"""Compute any Keras generator with TensorFlow."""

import hashlib
import math
import os

import keras
import numpy as np
import tensorflow as tf

from animegan_tf.inference.compiled import CompiledGenerator
from animegan_tf.inference.precision import resolve_precision, with_precision
from animegan_tf.models.analysis.field import ReceptiveField
from animegan_tf.models.analysis.input_multiple import input_multiple
from animegan_tf.models.analysis.receptive_field import measure_receptive_field
from animegan_tf.models.any_size import with_any_size
from animegan_tf.models.layers.license_notice import find_notice


class TensorFlowEngine:
    """A Keras generator, computed by TensorFlow.

    Args:
        generator: See `Stylizer`.
        precision: See `Stylizer`.
        multiple: Number of which the input sizes must be multiples, in addition to what
            the layers require.

    Attributes:
        name: `"tensorflow"`.
        generator: The generator, in the precision of the computation.
        precision: The precision, never `"auto"`.
        multiple: Number of which the sizes of images must be multiples.
        license: License of the weights that marks of results state, or `None`.
        fixed_size: `(height, width)` of the only images that it takes, or `None`.

    Raises:
        RuntimeError: In a process that was forked after one was built.
        ValueError: If the generator does not accept images, or an argument is out of
            range.
    """

    name = "tensorflow"

    def __init__(
        self, generator: keras.Model, precision: str = "float32", *, multiple: int = 1
    ):
        _check_process()
        generator, self.fixed_size = _accept(generator)
        self._exact = generator
        if self.fixed_size is None:
            multiple = math.lcm(multiple, input_multiple(generator))
        self.multiple = multiple
        self.license = find_notice(generator)
        self.precision = resolve_precision(precision)
        self.generator = with_precision(generator, self.precision)
        size = self.fixed_size or (None, None)
        self._run = CompiledGenerator(self.generator, tf.uint8, size)
        self._run_uint16 = CompiledGenerator(self.generator, tf.uint16, size)

    @property
    def network_name(self) -> str:
        """The name of the generator."""
        return self._exact.name

    @property
    def fingerprint(self) -> str:
        """A text that other weights would change."""
        digest = hashlib.sha256()
        for weights in self._exact.get_weights():
            digest.update(weights.tobytes())
        return digest.hexdigest()

    @property
    def num_traces(self) -> int:
        """Number of times the generator has been traced for images of 8 bits."""
        return self._run.num_traces

    def receptive_field(self, *, ignore_statistics: bool = False) -> ReceptiveField:
        """Measure the receptive field.

        Args:
            ignore_statistics: See `measure_receptive_field`.

        Raises:
            ValueError: If it covers the whole image, or the size is fixed.
        """
        if self.fixed_size is not None:
            height, width = self.fixed_size
            raise ValueError(f"it takes images of {width}x{height} pixels only")
        return measure_receptive_field(self._exact, ignore_statistics=ignore_statistics)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Stylize images.

        Args:
            images: uint8 or uint16, `(batch, height, width, 3)`, sides divisible by
                `multiple`.

        Returns:
            An array of the same dtype.
        """
        _check_process()
        is_uint8 = images.dtype == np.uint8
        return (self._run if is_uint8 else self._run_uint16)(images)


_first_process = None


def _check_process() -> None:
    """Refuse to wait forever for threads of TensorFlow that a fork has not copied."""
    global _first_process
    _first_process = _first_process or os.getpid()
    if _first_process != os.getpid():
        raise RuntimeError(
            "TensorFlow does not survive a fork: make the Stylizer in the process that "
            'uses it, and start processes by the method "spawn" of multiprocessing'
        )


def _accept(generator) -> tuple[keras.Model, tuple[int, int] | None]:
    """Check what a generator takes; return it for any size, or with its fixed size."""
    try:
        shape = generator.input_shape
    except AttributeError:
        shape = None
    if shape is None and isinstance(generator, keras.Model):
        # A subclassed model states no shape; `input_multiple` tries sizes.
        if not generator.built:
            raise ValueError(
                "`generator` must be built: call it once on a batch. "
                f"Received: {generator.name!r}"
            )
        return generator, None
    if not isinstance(shape, tuple) or len(shape) != 4 or shape[3] != 3:
        raise ValueError(
            "`generator` must accept images, input shape (None, None, None, 3). "
            f"Received: input shape {shape}"
        )
    height, width = shape[1:3]
    if height is None and width is None:
        return generator, None
    copy = with_any_size(generator)
    if copy is not None:
        return copy, None
    if height is None or width is None:
        raise ValueError(
            "`generator` must accept images of any size, or of one size. "
            f"Received: input shape {shape}"
        )
    if generator.output_shape != shape:
        raise ValueError(
            "`generator` must return images of its input's shape. "
            f"Received: input {shape}, output {generator.output_shape}"
        )
    return generator, (height, width)
