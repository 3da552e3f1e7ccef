"""Export to LiteRT, SavedModel and Keras files."""

import tempfile
from pathlib import Path

import keras
import tensorflow as tf

from animegan_tf.export.requirements import reported_missing
from animegan_tf.export.source import ExportSource
from animegan_tf.inference.engines.tensorflow_engine import TensorFlowEngine
from animegan_tf.inference.tiling import MINIMUM_SIDE, TilePlanner

ENCODED = "stylize_encoded"


def write_litert(source: ExportSource, path: Path, precision: str) -> None:
    """Write a generator as a LiteRT file, from float32 images to float32 images.

    With `"float16"`, the weights are stored in half precision. With `"int8"`, they have
    8 bits, and convolutions compute in 8 bits, with the ranges of each input.
    """
    # With fixed ranges, the first and the last convolution would have 8 bits too, and
    # add a pattern of about one level to smooth areas.
    with tempfile.TemporaryDirectory() as folder:
        archive = keras.export.ExportArchive()
        archive.track(source.generator)
        archive.add_endpoint(
            "serve",
            lambda photo: source.generator(photo, training=False),
            input_signature=[_photo_spec(source, batch=1)],
        )
        archive.write_out(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if precision != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if precision == "float16":
            converter.target_spec.supported_types = [tf.float16]
        path.write_bytes(converter.convert())


def load_litert(path: Path):
    """Load a LiteRT file, as a function of float32 images, one in a batch."""
    with reported_missing("Checking a LiteRT file"):
        from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path))
    photo = interpreter.get_input_details()[0]["index"]
    stylized = interpreter.get_output_details()[0]["index"]
    current = None

    def run(images):
        nonlocal current
        if images.shape != current:
            interpreter.resize_tensor_input(photo, images.shape)
            interpreter.allocate_tensors()
            current = images.shape
        interpreter.set_tensor(photo, images)
        interpreter.invoke()
        return interpreter.get_tensor(stylized)

    return run


def write_saved_model(source: ExportSource, path: Path, precision: str) -> None:
    """Write a generator as a SavedModel with two signatures.

    `serving_default` maps `photo`, float32 images in [-1, 1],
    `(batch, height, width, 3)`, to such images, and `stylize_encoded` maps
    `image_bytes`, JPEG or PNG files, `(batch,)`, to `png_bytes`, PNG files of the same
    sizes. TensorFlow Serving encodes strings in base64 if their names end in `_bytes`.
    """
    module = _Serving(source)
    signatures = {
        "serving_default": module.stylize.get_concrete_function(),
        ENCODED: module.stylize_encoded.get_concrete_function(),
    }
    tf.saved_model.save(module, str(path), signatures=signatures)


def load_saved_model(path: Path):
    """Load a SavedModel, as a function of float32 images."""
    run = tf.saved_model.load(str(path)).signatures["serving_default"]
    return lambda images: run(photo=tf.constant(images))["stylized"].numpy()


def load_encoded(path: Path):
    """Load the second signature of a SavedModel, from image files to PNG files."""
    run = tf.saved_model.load(str(path)).signatures[ENCODED]
    return lambda files: run(image_bytes=tf.constant(files))["png_bytes"].numpy()


def write_keras(source: ExportSource, path: Path, precision: str) -> None:
    """Write a generator as a `.keras` file."""
    source.generator.save(path)


def load_keras(path: Path):
    """Load a `.keras` file, as a function of float32 images."""
    generator = keras.saving.load_model(path, compile=False)
    run = tf.function(lambda images: generator(images, training=False))
    return lambda images: run(tf.constant(images)).numpy()


class _Serving(tf.Module):
    """The two signatures of a SavedModel."""

    def __init__(self, source):
        super().__init__()
        self.generator = source.generator
        size = source.size
        multiple = TilePlanner(TensorFlowEngine(source.generator), None, None).multiple

        @tf.function(input_signature=[_photo_spec(source)])
        def stylize(photo):
            return {"stylized": self.generator(photo, training=False)}

        def stylize_one(file):
            photo = tf.io.decode_image(file, channels=3, expand_animations=False)
            # Decoding does not tell the rank.
            photo = tf.ensure_shape(photo, (None, None, 3))
            shape = tf.shape(photo)
            if None in size:
                photo = _pad(_pad(photo, 0, multiple), 1, multiple)
            else:
                photo = tf.ensure_shape(photo, (*size, 3))
            images = tf.cast(photo, tf.float32)[tf.newaxis] / 127.5 - 1.0
            stylized = tf.cast(self.generator(images, training=False)[0], tf.float32)
            levels = tf.clip_by_value((stylized + 1.0) * 127.5 + 0.5, 0.0, 255.0)
            levels = tf.cast(levels, tf.uint8)[: shape[0], : shape[1]]
            return tf.io.encode_png(levels)

        @tf.function(
            input_signature=[tf.TensorSpec([None], tf.string, name="image_bytes")]
        )
        def stylize_encoded(image_bytes):
            files = tf.map_fn(
                stylize_one,
                image_bytes,
                fn_output_signature=tf.string,
                parallel_iterations=1,
            )
            return {"png_bytes": files}

        self.stylize = stylize
        self.stylize_encoded = stylize_encoded


def _pad(photo, axis, multiple):
    """Pad an axis by reflection at its end, as `Stylizer` does."""
    size = tf.shape(photo)[axis]
    padded = tf.maximum(size, MINIMUM_SIDE)
    padded = -(-padded // multiple) * multiple
    period = tf.maximum(1, 2 * (size - 1))
    positions = tf.range(padded) % period
    positions = tf.minimum(tf.minimum(positions, period - positions), size - 1)
    return tf.gather(photo, positions, axis=axis)


def _photo_spec(source, batch=None):
    return tf.TensorSpec([batch, *source.size, 3], tf.float32, name="photo")
