"""Sound films of several containers and codecs, for the fuzzer."""

import itertools
from fractions import Fraction

import numpy as np

# Suffix, codec and whether there is sound.
_KINDS = (
    (".mp4", "libx264", True),
    (".mkv", "mpeg4", False),
    (".webm", "libvpx-vp9", False),
    (".gif", "gif", False),
    (".avi", "mjpeg", False),
)
_NUM_FRAMES = 6
# A claimed pause of hours is as many even frames, which need no reading.
_MAX_FRAMES = 2000


def build_films(folder):
    """Encode a few small frames in each kind.

    Args:
        folder: Scratch folder.

    Returns:
        List of the files' bytes.
    """
    return [_encode(folder / f"film{kind[0]}", *kind[1:]) for kind in _KINDS]


def _encode(path, codec, sound):
    import av

    rows, columns = np.mgrid[:48, :64]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height = 64, 48
        pixels = {"gif": "rgb8", "mjpeg": "yuvj420p"}
        stream.pix_fmt = pixels.get(codec, "yuv420p")
        voice = container.add_stream("aac", rate=8000) if sound else None
        for index in range(_NUM_FRAMES):
            image = np.stack([rows * 5, columns * 4, rows + columns + 20 * index], -1)
            frame = av.VideoFrame.from_ndarray(image.astype(np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if voice is not None:
            silence = np.zeros((1, 4800), np.float32)
            frame = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
            frame.sample_rate = 8000
            container.mux(voice.encode(frame))
            container.mux(voice.encode(None))
    return path.read_bytes()


def read_film(path):
    """Read a film as `stylize_video` does, at an even rate."""
    from animegan_tf.inference.video.reader import decode_frames, read_video_info
    from animegan_tf.inference.video.timing import build_timeline

    info = read_video_info(path)
    timeline = build_timeline(info, fps=Fraction(10))
    shown = None
    for timed in itertools.islice(timeline.schedule(decode_frames(path)), _MAX_FRAMES):
        if timed.frame is not shown:
            shown = timed.frame
            info.to_image(shown, info.scaled_size(256))
