"""Export to ONNX, and to OpenVINO by way of it."""

import tempfile
from pathlib import Path

import keras

from animegan_tf.export.requirements import reported_missing
from animegan_tf.export.source import ExportSource
from animegan_tf.utils.onnxruntime_import import import_onnxruntime
from animegan_tf.utils.openvino_import import compile_for_cpu, import_openvino

OPSET = 17


def write_onnx(source: ExportSource, path: Path, precision: str) -> None:
    """Write a generator as an ONNX file, from float32 images to float32 images.

    With `"float16"`, the weights are stored in half precision and computed in float32.

    Raises:
        ModuleNotFoundError: If a package is missing.
        ValueError: If a generator that is not a default one is to have 8 bits.
    """
    with reported_missing("Exporting to onnx"):
        import onnx

        from animegan_tf.inference.engines.onnx_graph import store_half

        model = _build_model(source, precision)
        if precision == "float16":
            store_half(model)
        if source.license:
            entry = model.metadata_props.add()
            entry.key, entry.value = "license", source.license
        onnx.checker.check_model(model)
        onnx.save(model, str(path))


def load_onnx(path: Path):
    """Load an ONNX file into ONNX Runtime, as a function of float32 images."""
    with reported_missing("Checking an ONNX file"):
        onnxruntime = import_onnxruntime()

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"]
    )
    name = session.get_inputs()[0].name
    return lambda images: session.run(None, {name: images})[0]


def write_openvino(source: ExportSource, path: Path, precision: str) -> None:
    """Write a generator as OpenVINO's `.xml` and `.bin` files."""
    with reported_missing("Exporting to openvino"):
        openvino = import_openvino()

        with tempfile.TemporaryDirectory() as folder:
            model = openvino.Core().read_model(
                _build_for_openvino(source, Path(folder), precision)
            )
            if source.license:
                model.set_rt_info(source.license, "license")
            openvino.save_model(model, path, compress_to_fp16=precision == "float16")


def _build_for_openvino(source, folder, precision):
    """Write a file that OpenVINO reads; return its path."""
    if source.network is not None or precision == "int8":
        path = folder / "generator.onnx"
        write_onnx(source, path, "int8" if precision == "int8" else "float32")
        return path
    # OpenVINO's own conversion; it cannot run every ONNX file that Keras writes for
    # images of any size.
    path = folder / "generator.xml"
    signature = [_input_spec(source)]
    source.generator.export(
        str(path), format="openvino", verbose=False, input_signature=signature
    )
    return path


def load_openvino(path: Path):
    """Load OpenVINO's files, as a function of float32 images."""
    # By default OpenVINO computes in bfloat16 where the processor can.
    hint = {"INFERENCE_PRECISION_HINT": "f32"}
    with reported_missing("Checking OpenVINO's files"):
        compiled = compile_for_cpu(path, hint)
    return lambda images: compiled(images)[0]


def _build_model(source, precision):
    if source.network is not None:
        from animegan_tf.inference.engines.onnx_engine import cached_ranges
        from animegan_tf.inference.engines.onnx_graph import build_anime_graph

        ranges = cached_ranges(source.network) if precision == "int8" else None
        return build_anime_graph(
            source.network, dtype="float32", size=source.size, ranges=ranges
        )
    if precision == "int8":
        raise ValueError(
            "`precision` may be int8 in onnx and openvino for the default generator, "
            "bundled or in a run folder, only. Received: generator "
            f"{source.name!r}; litert quantizes every generator"
        )
    return _convert_with_keras(source)


def _convert_with_keras(source):
    import onnx

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "generator.onnx"
        source.generator.export(
            str(path),
            format="onnx",
            verbose=False,
            input_signature=[_input_spec(source)],
            opset_version=OPSET,
        )
        return onnx.load(str(path))


def _input_spec(source):
    shape = (None, *source.size, 3)
    return keras.InputSpec(shape=shape, dtype="float32", name="photo")
