import numpy as np
import pytest


@pytest.fixture
def target(tmp_path):
    return tmp_path / "out.mp4"


@pytest.fixture
def read_video():
    """Function from a video to its timestamps in seconds and its frames as RGB."""
    from animegan_tf.inference.video.reader import decode_frames

    def read(path):
        frames = list(decode_frames(path))
        times = [frame.pts * frame.time_base for frame in frames]
        return times, np.stack([frame.to_ndarray(format="rgb24") for frame in frames])

    return read


@pytest.fixture
def read_packets():
    """Function from a video and "video" or "audio" to times and bytes of packets."""
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
def make_slow_clip(make_clip):
    """Like `make_clip`, with a frame every 3.334 s, so that a part has three."""

    def make(num_frames=10, **options):
        pts = [3334 * index for index in range(num_frames)]
        return make_clip(pts=pts, **options)

    return make
