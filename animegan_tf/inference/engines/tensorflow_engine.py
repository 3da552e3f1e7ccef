"""Compute any Keras generator with TensorFlow."""

import math

import keras
import numpy as np
import tensorflow as tf

from animegan_tf.inference.compiled import CompiledGenerator
from animegan_tf.inference.precision import resolve_precision, with_precision
from animegan_tf.models.analysis.field import ReceptiveField
from animegan_tf.models.analysis.input_multiple import input_multiple
from animegan_tf.models.analysis.receptive_field import measure_receptive_field
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

    Raises:
        ValueError: If the generator does not accept images of any size, or an argument
            is out of range.
    """

    name = "tensorflow"

    def __init__(
        self, generator: keras.Model, precision: str = "float32", *, multiple: int = 1
    ):
        shape = getattr(generator, "input_shape", None)
        if not isinstance(shape, tuple) or shape[1:] != (None, None, 3):
            raise ValueError(
                "`generator` must accept images of any size, input shape "
                f"(None, None, None, 3). Received: input shape {shape}"
            )
        self._exact = generator
        self.multiple = math.lcm(multiple, input_multiple(generator))
        self.license = find_notice(generator)
        self.precision = resolve_precision(precision)
        self.generator = with_precision(generator, self.precision)
        self._run = CompiledGenerator(self.generator, tf.uint8)
        self._run_uint16 = CompiledGenerator(self.generator, tf.uint16)

    @property
    def network_name(self) -> str:
        """The name of the generator."""
        return self._exact.name

    @property
    def num_traces(self) -> int:
        """Number of times the generator has been traced for images of 8 bits."""
        return self._run.num_traces

    def receptive_field(self, *, ignore_statistics: bool = False) -> ReceptiveField:
        """Measure the receptive field.

        Args:
            ignore_statistics: See `measure_receptive_field`.

        Raises:
            ValueError: If it covers the whole image.
        """
        return measure_receptive_field(self._exact, ignore_statistics=ignore_statistics)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Stylize images.

        Args:
            images: uint8 or uint16, `(batch, height, width, 3)`, sides divisible by
                `multiple`.

        Returns:
            An array of the same dtype.
        """
        is_uint8 = images.dtype == np.uint8
        return (self._run if is_uint8 else self._run_uint16)(images)
