"""Half-precision copies of a generator, and the fastest precision of this machine."""

from pathlib import Path

import keras
import tensorflow as tf

from animegan_tf.utils.cpu import CPU_INFO, has_bfloat16

PRECISIONS = ("float32", "bfloat16", "float16")
AUTO = "auto"


def resolve_precision(precision: str, *, cpu_info: Path = CPU_INFO) -> str:
    """Replace `"auto"` by the fastest precision of this machine.

    It is float16 with a GPU, bfloat16 on a processor that lists instructions for it
    (Linux only), otherwise float32.

    Args:
        precision: One of `PRECISIONS`, or `"auto"`.
        cpu_info: File in which Linux describes the processor.

    Returns:
        One of `PRECISIONS`.

    Raises:
        ValueError: If the precision is unknown.
    """
    if precision not in (*PRECISIONS, AUTO):
        raise ValueError(
            f"`precision` must be one of {', '.join((*PRECISIONS, AUTO))}. "
            f"Received: precision={precision!r}"
        )
    if precision != AUTO:
        return precision
    if tf.config.list_physical_devices("GPU"):
        return "float16"
    return "bfloat16" if has_bfloat16(cpu_info=cpu_info) else "float32"


def with_precision(generator: keras.Model, precision: str) -> keras.Model:
    """Copy a generator to compute in half precision; its weights stay float32.

    Args:
        generator: Functional model.
        precision: One of `PRECISIONS`; for float32 the generator itself is returned.

    Raises:
        ValueError: If a model that is no graph of layers is to be copied.
    """
    if precision == "float32":
        return generator
    if not getattr(generator, "inputs", None):
        raise ValueError(
            "`precision` must be 'float32' for a subclassed model, whose layers have "
            f"a precision of their own. Received: precision={precision!r}"
        )

    def copy_layer(layer):
        config = layer.get_config()
        # The last layer stays float32: near white, bfloat16 has fewer levels than
        # uint8.
        if layer.name not in generator.output_names:
            config["dtype"] = f"mixed_{precision}"
        return type(layer).from_config(config)

    copy = keras.models.clone_model(generator, clone_function=copy_layer)
    copy.set_weights(generator.get_weights())
    return copy
