from fractions import Fraction

import numpy as np
import pytest


@pytest.fixture
def read_film():
    """A function from a video to its frames' times in seconds, and its pictures."""
    from animegan_tf.inference.video.reader import DecodingLog, decode_frames

    def read(path):
        frames = list(decode_frames(path, DecodingLog()))
        times = [frame.pts * frame.time_base for frame in frames]
        return times, np.stack([frame.to_ndarray(format="rgb24") for frame in frames])

    return read


@pytest.fixture
def read_packets():
    """A function from a video and "video" or "audio" to times and bytes of packets."""
    av = pytest.importorskip("av")

    def read(path, kind):
        with av.open(str(path)) as container:
            return [
                (packet.pts * packet.time_base, bytes(packet))
                for packet in container.demux(**{kind: 0})
                if packet.size
            ]

    return read


@pytest.fixture
def short_parts(monkeypatch):
    """Parts of three tenths of a second, so that small clips have several."""
    from animegan_tf.inference.video import pipeline as video_run

    monkeypatch.setattr(video_run, "PART_SECONDS", Fraction(3, 10))
