import keras
import pytest
import tensorflow as tf

from animegan_tf.inference.precision import (
    PRECISIONS,
    resolve_precision,
    with_precision,
)


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("fpu avx512f avx512_bf16 vaes", "bfloat16"),
        ("amx_bf16 amx_tile", "bfloat16"),
        ("fpu avx512f avx2", "float32"),
        # Part of another word is not the flag.
        ("xavx512_bf16x", "float32"),
    ],
)
def test_auto_depends_on_the_flags_of_the_processor(tmp_path, no_gpu, flags, expected):
    path = tmp_path / "cpuinfo"
    path.write_text(f"model name\t: bf16\nflags\t\t: {flags}\nbugs\t: none\n")
    assert resolve_precision("auto", cpu_info=path) == expected


def test_auto_is_float32_without_a_description_of_the_processor(tmp_path, no_gpu):
    assert resolve_precision("auto", cpu_info=tmp_path / "cpuinfo") == "float32"


def test_auto_is_float16_with_a_gpu(monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["GPU:0"])
    assert resolve_precision("auto") == "float16"


@pytest.mark.parametrize("precision", PRECISIONS)
def test_explicit_precision_is_kept(precision):
    assert resolve_precision(precision) == precision


def test_unknown_precision_is_refused():
    with pytest.raises(ValueError, match="float16, auto.*Received: precision='int8'"):
        resolve_precision("int8")


def test_copy_computes_all_but_the_last_layer_in_half_precision():
    image = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(4, 1, name="first")(image)
    x = keras.layers.Conv2D(3, 1, name="last")(x)
    generator = keras.Model(image, x)
    copy = with_precision(generator, "bfloat16")
    assert copy.get_layer("first").compute_dtype == "bfloat16"
    assert copy.get_layer("first").kernel.dtype == "float32"
    assert copy.get_layer("last").compute_dtype == "float32"
    assert generator.get_layer("first").compute_dtype == "float32"
    assert with_precision(generator, "float32") is generator
