"""Measure what limits stylizing a video: decoding, the network or encoding.

Prints the computing time of the process for each frame, which other programs on the
machine change less than the time that passes; and the frames per second from file to
file, in alternation, with the load of the machine.
"""

import argparse
import itertools
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from animegan_tf.inference.stylizer import Stylizer
from animegan_tf.inference.video.encoder import PartWriter
from animegan_tf.inference.video.options import VideoOptions
from animegan_tf.inference.video.pipeline import choose_batch_size
from animegan_tf.inference.video.plan import plan_video
from animegan_tf.inference.video.reader import (
    decode_frames,
    import_av,
    read_video_info,
)
from animegan_tf.inference.video.stylize import stylize_video

RATE = 30


def write_clip(path: Path, size: tuple[int, int], num_frames: int) -> None:
    """Write a video of a moving texture with sharp edges and some noise."""
    height, width = size
    random = np.random.default_rng(0)
    small = random.integers(0, 256, (height // 16, width // 8, 3), dtype=np.uint8)
    scene = Image.fromarray(small).resize((2 * width, height), Image.Resampling.BICUBIC)
    scene = np.asarray(scene).astype(np.int16)
    scene[height // 3 : height // 2] //= 2
    with import_av().open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for index in range(num_frames):
            left = 2 * index % width
            noise = random.integers(-3, 4, (height, width, 1))
            frame = np.clip(scene[:, left : left + width] + noise, 0, 255)
            image = import_av().VideoFrame.from_ndarray(frame.astype(np.uint8))
            container.mux(stream.encode(image))
        container.mux(stream.encode(None))


def measure_stages(clip: Path, stylizers: dict, num_frames: int) -> None:
    """Print the computing time of each stage for a frame."""
    info = read_video_info(clip)
    start = time.process_time()
    frames = list(itertools.islice(decode_frames(clip), num_frames))
    decoded = time.process_time()
    images = [info.to_image(frame) for frame in frames]
    converted = time.process_time()
    print(f"decoding      {1e3 * (decoded - start) / num_frames:6.1f} ms")
    print(f"to RGB        {1e3 * (converted - decoded) / num_frames:6.1f} ms")
    batch = np.stack(images[: choose_batch_size(info.display_size)])
    seconds = {name: [] for name in stylizers}
    for index in range(4):
        for name, stylizer in stylizers.items():
            start = time.process_time()
            stylized = stylizer(batch)
            # The first run allocates and compiles.
            if index:
                seconds[name].append((time.process_time() - start) / len(batch))
    for name, own in seconds.items():
        print(f"{name:<14}{1e3 * min(own):6.1f} ms")
    target = clip.with_name("encoded.mp4")
    plan = plan_video(clip, target, VideoOptions(), print, overwrite=True)
    writer = PartWriter(clip.with_suffix(".nut"), plan.encoding)
    start = time.process_time()
    for index in range(num_frames):
        writer.write(stylized[index % len(stylized)])
    writer.close()
    seconds = (time.process_time() - start) / num_frames
    print(f"encoding      {1e3 * seconds:6.1f} ms")


def measure_rates(clip: Path, stylizers: dict, runs: int) -> None:
    """Print the frames per second from file to file."""
    target = clip.with_name("stylized.mp4")
    rates = {name: [] for name in stylizers}
    for _ in range(runs):
        for name, stylizer in stylizers.items():
            start = time.perf_counter()
            report = stylize_video(clip, target, stylizer, overwrite=True)
            rates[name].append(report.num_frames / (time.perf_counter() - start))
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"\nfrom file to file, medians of {runs}; load of the machine {load:.1f}")
    for name, own in rates.items():
        print(f"{name:<14}{statistics.median(own):6.1f} frames per second")


def main() -> int:
    """Parse the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--style", default="anime")
    parser.add_argument("--engine", default="openvino")
    parser.add_argument(
        "--precisions", nargs="+", default=["float32", "bfloat16", "int8"]
    )
    parser.add_argument("--size", nargs=2, type=int, default=(360, 640), metavar="N")
    parser.add_argument("--frames", type=int, default=120)
    parser.add_argument("--runs", type=int, default=3, help="0: the stages alone")
    arguments = parser.parse_args()
    stylizers = {
        precision: Stylizer.from_preset(
            arguments.style, engine=arguments.engine, precision=precision
        )
        for precision in arguments.precisions
    }
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        write_clip(clip, tuple(arguments.size), arguments.frames)
        measure_stages(clip, stylizers, min(24, arguments.frames))
        if arguments.runs:
            measure_rates(clip, stylizers, arguments.runs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
