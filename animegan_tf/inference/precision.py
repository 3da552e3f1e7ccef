"""Copies of a network for faster arithmetic, and which one this machine is good at."""

from pathlib import Path

import keras
import tensorflow as tf

PRECISIONS = ("float32", "bfloat16", "float16")
AUTO = "auto"
# Processors that multiply bfloat16 matrices in hardware; others emulate it slowly.
_BFLOAT16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})
_CPU_INFO = Path("/proc/cpuinfo")


def resolve_precision(precision: str) -> str:
    """Turn `"auto"` into the fastest precision of this machine; check the others.

    It is float16 with a GPU, bfloat16 on a processor that lists instructions for it
    (Linux only), else float32.

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
    return "bfloat16" if _BFLOAT16_FLAGS & _read_cpu_flags() else "float32"


def with_precision(generator: keras.Model, precision: str) -> keras.Model:
    """Copy a network for half-precision arithmetic; its weights stay float32.

    Args:
        generator: Functional model of images.
        precision: One of `PRECISIONS`; with float32 the network itself is returned.
    """
    if precision == "float32":
        return generator

    def copy_layer(layer):
        config = layer.get_config()
        # The last layer stays exact: bfloat16 has fewer levels near white than uint8.
        if layer.name not in generator.output_names:
            config["dtype"] = f"mixed_{precision}"
        return type(layer).from_config(config)

    copy = keras.models.clone_model(generator, clone_function=copy_layer)
    copy.set_weights(generator.get_weights())
    return copy


def _read_cpu_flags() -> set[str]:
    try:
        lines = _CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return set()
    flags = (line.partition(":")[2] for line in lines if line.startswith("flags"))
    return set(next(flags, "").split())
