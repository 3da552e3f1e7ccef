from fractions import Fraction

import numpy as np
import pytest

from animegan_tf.imaging.writing import write_image
from animegan_tf.inference.video.reader import (
    DecodingLog,
    decode_frames,
    read_frame_pairs,
    read_video_info,
)
from animegan_tf.inference.video.stylize import stylize_video

av = pytest.importorskip("av")


def difference(first, second):
    return np.abs(first.astype(int) - second).mean()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.mp4", "ffconcat version 1.0\nfile clip.mkv\n"),
        (
            "list.m3u8",
            "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nclip.mkv\n#EXT-X-ENDLIST\n",
        ),
    ],
)
def test_playlists_open_no_other_files(make_clip, tmp_path, name, text):
    make_clip("clip.mkv")
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=rf"Not a readable video: .*{name}.* \("):
        read_video_info(tmp_path / name)


def test_raw_streams_and_still_images_are_refused(make_clip, tmp_path, photo):
    image = write_image(photo, tmp_path / "a.png")
    for path in (make_clip("raw.h264"), image):
        with pytest.raises(ValueError, match="its format is not one of MP4, MKV"):
            read_video_info(path)


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [
        *((suffix, "libx264") for suffix in (".mov", ".mkv", ".flv", ".ts", ".3gp")),
        *((suffix, "mpeg4") for suffix in (".avi", ".wmv", ".mpg")),
        (".webm", "libvpx"),
    ],
)
def test_every_usual_container_is_read(make_clip, suffix, codec):
    info = read_video_info(make_clip(f"clip{suffix}", codec=codec))
    assert info.display_size == (48, 64)


def test_colon_in_a_name_is_no_protocol(make_clip, tmp_path, monkeypatch):
    make_clip("concat:clip.mp4")
    monkeypatch.chdir(tmp_path)
    assert read_video_info("concat:clip.mp4").display_size == (48, 64)


def test_frames_hours_later_are_skipped_and_counted_as_broken(tmp_path):
    path = tmp_path / "clip.mkv"
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


@pytest.mark.parametrize(
    "options", [{}, {"fps": 4}, {"fps": 30}, {"start": "0.35"}, {"max_size": 48}]
)
def test_each_frame_is_paired_with_the_source_frame_of_its_time(
    make_clip, target, options
):
    source = make_clip(pts=[0, 100, 200, 350, 400, 700, 750, 800, 900, 1000])
    report = stylize_video(source, target, lambda frames: frames, **options)
    start = Fraction(options.get("start", 0))
    pairs = list(read_frame_pairs(source, target, start=start))
    assert len(pairs) == report.num_frames
    for photo, stylized in pairs:
        assert photo.shape == stylized.shape
        assert difference(photo, stylized) < 4


def test_pairs_are_upright_and_without_padding(make_clip, target):
    odd = make_clip("odd.mkv", size=(33, 45), codec="ffv1", pix_fmt="bgr0")
    for source in (odd, make_clip(display=(0, 1, -1, 0))):
        stylize_video(source, target, lambda frames: frames, overwrite=True)
        photo, stylized = next(read_frame_pairs(source, target))
        assert photo.shape in ((33, 45, 3), (64, 48, 3))
        assert difference(photo, stylized) < 4


def test_a_start_after_the_end_of_the_source_is_an_error(make_clip):
    source = make_clip()
    with pytest.raises(ValueError, match=r"`start` must be before .* 1\.000 s"):
        next(read_frame_pairs(source, source, start=Fraction(1)))
