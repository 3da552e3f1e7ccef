import keras
import pytest
import tensorflow as tf

from animegan_tf.inference import precision
from animegan_tf.inference.precision import resolve_precision, with_precision


@pytest.fixture
def cpu_info(tmp_path, monkeypatch):
    """Write what Linux says of the processor; there is no GPU."""
    path = tmp_path / "cpuinfo"
    monkeypatch.setattr(precision, "_CPU_INFO", path)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    return path


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
def test_auto_follows_the_processor(cpu_info, flags, expected):
    cpu_info.write_text(f"model name\t: bf16\nflags\t\t: {flags}\nbugs\t: none\n")
    assert resolve_precision("auto") == expected


def test_auto_is_float32_where_the_processor_is_not_described(cpu_info):
    assert resolve_precision("auto") == "float32"


def test_auto_is_float16_with_a_gpu(cpu_info, monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["GPU:0"])
    assert resolve_precision("auto") == "float16"


def test_what_is_asked_for_is_taken(cpu_info):
    assert [resolve_precision(p) for p in precision.PRECISIONS] == [
        *precision.PRECISIONS
    ]


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
