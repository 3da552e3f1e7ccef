"""A contender of `inference.py`: AnimeGANv2's generator in PyTorch or ONNX Runtime.

Arguments: a key of `WAYS`, the precision, the height and the width. The weights are
random, since the time does not depend on them.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from measured_process import refuse, serve

WARMUP = 2


def main(way, precision, height, width):
    try:
        import torch
        from torch_animegan_v2 import Generator

        torch.manual_seed(0)
        network = Generator().eval().to(getattr(torch, precision))
        photo = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
        with torch.inference_mode():
            work = WAYS[way](torch, network, photo)
            for _ in range(WARMUP):
                work()
            serve(work)
    # A package is not installed, or does not support this network or CPU.
    except Exception as error:
        refuse(f"{type(error).__name__}: {error}")


def run_eager(torch, network, photo):
    return _uint8_work(torch, network, photo, torch.contiguous_format)


def run_channels_last(torch, network, photo):
    network = network.to(memory_format=torch.channels_last)
    return _uint8_work(torch, network, photo, torch.channels_last)


def run_frozen(torch, network, photo):
    network = network.to(memory_format=torch.channels_last)
    example = _to_input(torch, network, photo, torch.channels_last)
    traced = torch.jit.optimize_for_inference(torch.jit.trace(network, example))
    traced.dtype = network.dtype
    return _uint8_work(torch, traced, photo, torch.channels_last)


def run_compiled(torch, network, photo):
    network = network.to(memory_format=torch.channels_last)
    compiled = torch.compile(network)
    return _uint8_work(torch, compiled, photo, torch.channels_last)


def run_onnx(torch, network, photo):
    import onnxruntime

    example = _to_input(torch, network, photo, torch.contiguous_format)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "generator.onnx"
        torch.onnx.export(network, (example,), str(path), dynamo=False)
        session = onnxruntime.InferenceSession(
            str(path), providers=["CPUExecutionProvider"]
        )
    name = session.get_inputs()[0].name

    def work():
        pixels = photo.astype(np.float32).transpose(2, 0, 1)[np.newaxis]
        result = session.run(None, {name: pixels / np.float32(127.5) - 1})[0][0]
        return ((result + 1) * 127.5).round().clip(0, 255).astype(np.uint8)

    return work


def _to_input(torch, network, photo, memory_format):
    pixels = torch.from_numpy(photo).permute(2, 0, 1)[None]
    pixels = pixels.to(network.dtype) / 127.5 - 1
    return pixels.contiguous(memory_format=memory_format)


def _uint8_work(torch, network, photo, memory_format):
    def work():
        result = network(_to_input(torch, network, photo, memory_format))[0].float()
        levels = ((result + 1) * 127.5).round_().clamp_(0, 255).to(torch.uint8)
        return levels.permute(1, 2, 0).contiguous().numpy()

    return work


WAYS = {
    "eager": run_eager,
    "channels_last": run_channels_last,
    "frozen": run_frozen,
    "compiled": run_compiled,
    "onnxruntime": run_onnx,
}


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:5]))
