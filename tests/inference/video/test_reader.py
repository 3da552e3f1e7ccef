import numpy as np
import pytest

from animegan_tf.inference.video.reader import DecodingLog, decode_frames

av = pytest.importorskip("av")


def test_frames_hours_away_are_counted_as_broken_and_left_out(tmp_path):
    path = tmp_path / "film.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for index in range(4):
            frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8))
            for packet in stream.encode(frame):
                if index >= 2:
                    packet.pts = packet.dts = 10 * 3600 * 10 + index
                container.mux(packet)
    log = DecodingLog()
    assert len(list(decode_frames(path, log))) == 2
    assert log.num_broken == 2
