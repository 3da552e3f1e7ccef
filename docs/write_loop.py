"""Write `docs/loop.webp`, the README's video: half of it stylized, half as filmed.

The clip is a slow camera movement over the photo of a temple by Daniel Büchele, CC BY
2.0, which comes with the package; it is stylized as a video.

Example:
    python docs/write_loop.py
"""

import sys
import tempfile
from pathlib import Path

import av
import numpy as np
from PIL import Image

import animegan_tf

SIZE = (480, 270)
NUM_FRAMES = 40
FRAMES_PER_SECOND = 12
BORDER = 3


def main():
    """Write the clip, stylize it, and join the two."""
    with tempfile.TemporaryDirectory() as folder:
        source, stylized = Path(folder) / "source.mp4", Path(folder) / "stylized.mp4"
        write_clip(source)
        animegan_tf.stylize_video(source, stylized, "anime")
        pairs = zip(read_clip(source), read_clip(stylized), strict=True)
        frames = [compose(*pair, index) for index, pair in enumerate(pairs)]
    frames[0].save(
        Path(__file__).with_name("loop.webp"),
        save_all=True,
        append_images=frames[1:],
        duration=round(1000 / FRAMES_PER_SECOND),
        loop=0,
        quality=60,
        method=6,
    )
    return 0


def write_clip(path):
    """Film the photo."""
    photos = Path(animegan_tf.__file__).parent / "transfer" / "photos"
    photo = Image.open(photos / "temple.jpg").convert("RGB")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_SECOND)
        stream.width, stream.height = SIZE
        stream.pix_fmt, stream.options = "yuv420p", {"crf": "12"}
        for index in range(NUM_FRAMES):
            # There and back, so that the loop has no jump.
            way = 0.5 - 0.5 * np.cos(2.0 * np.pi * index / NUM_FRAMES)
            width = photo.width * (0.98 - 0.2 * way)
            height = width * SIZE[1] / SIZE[0]
            left = (photo.width - width) * (0.15 + 0.7 * way)
            top = (photo.height - height) * 0.6
            box = (left, top, left + width, top + height)
            frame = photo.resize(SIZE, Image.Resampling.BICUBIC, box)
            container.mux(stream.encode(av.VideoFrame.from_image(frame)))
        container.mux(stream.encode())


def read_clip(path):
    """Read all frames."""
    with av.open(str(path)) as container:
        return [f.to_ndarray(format="rgb24") for f in container.decode(video=0)]


def compose(photo, stylized, index):
    """Join the photo, left of a border that moves, and the drawing."""
    share = 0.5 - 0.3 * np.sin(2.0 * np.pi * index / NUM_FRAMES)
    border = round(share * photo.shape[1])
    frame = np.hstack([photo[:, :border], stylized[:, border:]])
    frame[:, border : border + BORDER] = 255
    return Image.fromarray(frame)


if __name__ == "__main__":
    sys.exit(main())
