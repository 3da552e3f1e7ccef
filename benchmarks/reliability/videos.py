"""Valid videos in several containers and codecs, for the fuzzer."""

import itertools
from fractions import Fraction

import numpy as np

# Suffix, codec and whether there is audio.
_KINDS = (
    (".mp4", "libx264", True),
    (".mkv", "mpeg4", False),
    (".webm", "libvpx-vp9", False),
    (".gif", "gif", False),
    (".avi", "mjpeg", False),
)
_NUM_FRAMES = 6
# A damaged timestamp may claim hours, which need not be read frame by frame.
_MAX_FRAMES = 2000


def build_videos(folder):
    """Encode a few small frames in each kind.

    Args:
        folder: Temporary folder.

    Returns:
        List of the files' bytes.
    """
    return [_encode(folder / f"video{kind[0]}", *kind[1:]) for kind in _KINDS]


def _encode(path, codec, has_audio):
    import av

    rows, columns = np.mgrid[:48, :64]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height = 64, 48
        pixels = {"gif": "rgb8", "mjpeg": "yuvj420p"}
        stream.pix_fmt = pixels.get(codec, "yuv420p")
        audio = container.add_stream("aac", rate=8000) if has_audio else None
        for index in range(_NUM_FRAMES):
            image = np.stack([rows * 5, columns * 4, rows + columns + 20 * index], -1)
            frame = av.VideoFrame.from_ndarray(image.astype(np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if audio is not None:
            silence = np.zeros((1, 4800), np.float32)
            frame = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
            frame.sample_rate = 8000
            container.mux(audio.encode(frame))
            container.mux(audio.encode(None))
    return path.read_bytes()


def read_video(path):
    """Read a video as `stylize_video` does, at a constant frame rate."""
    from animegan_tf.inference.video.reader import decode_frames, read_video_info
    from animegan_tf.inference.video.timing import build_timeline

    info = read_video_info(path)
    timeline = build_timeline(info, fps=Fraction(10))
    shown = None
    for timed in itertools.islice(timeline.schedule(decode_frames(path)), _MAX_FRAMES):
        if timed.frame is not shown:
            shown = timed.frame
            info.to_image(shown, info.scaled_size(256))
