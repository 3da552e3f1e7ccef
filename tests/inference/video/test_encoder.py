from fractions import Fraction

import numpy as np
import pytest

from animegan_tf.inference.video.encoder import (
    DEFAULT_CRF,
    ENCODERS,
    EncoderSettings,
    PartWriter,
    choose_encoder,
)
from animegan_tf.inference.video.pixels import VideoColors
from animegan_tf.inference.video.stylize import stylize_video

av = pytest.importorskip("av")


def identity(frames):
    return frames


def write_part(path, images, codec, crf=None):
    settings = EncoderSettings(
        encoder=choose_encoder(codec),
        crf=DEFAULT_CRF[codec] if crf is None else crf,
        rate=Fraction(10),
        colors=VideoColors("bt709", full_range=False),
        sample_aspect=Fraction(1),
    )
    writer = PartWriter(path, settings)
    for image in images:
        writer.write(image)
    return writer.close()


@pytest.fixture
def noise():
    """Twelve frames of smooth noise, of odd size."""
    coarse = np.random.default_rng(0).integers(0, 256, (12, 9, 11, 3), np.uint8)
    return coarse.repeat(5, axis=1).repeat(5, axis=2)


@pytest.fixture
def remove_encoders(monkeypatch):
    """Function that makes FFmpeg lack some encoders."""
    find = av.Codec

    def remove(*names):
        def find_others(name, mode):
            return find("missing" if name in names else name, mode)

        monkeypatch.setattr(av, "Codec", find_others)

    return remove


def test_lossless_frames_are_bit_exact(tmp_path, noise, read_video):
    path = tmp_path / "part.nut"
    assert write_part(path, noise, "lossless") == list(range(12))
    assert np.array_equal(read_video(path)[1], noise)


@pytest.mark.parametrize("codec", ["h264", "h265", "vp9"])
def test_each_packet_has_the_index_of_its_frame(tmp_path, noise, codec):
    path = tmp_path / "part.nut"
    order = write_part(path, noise, codec)
    assert sorted(order) == list(range(12))
    with av.open(str(path)) as container:
        (stream,) = container.streams
        assert (stream.height, stream.width) == (46, 56)
        packets = [packet for packet in container.demux(stream) if packet.size]
    assert len(packets) == 12
    assert packets[0].is_keyframe
    # The first frame in display order is the first in decoding order.
    assert order[0] == 0


@pytest.mark.parametrize("codec", ["h264", "h265", "vp9"])
def test_a_lower_rate_factor_makes_a_larger_file(tmp_path, noise, codec):
    sizes = []
    for crf in (15, 40):
        path = tmp_path / f"{crf}.nut"
        write_part(path, noise, codec, crf)
        sizes.append(path.stat().st_size)
    assert sizes[0] > 1.2 * sizes[1]


def test_no_frames_leave_no_file(tmp_path):
    assert write_part(tmp_path / "part.nut", [], "h264") == []
    assert not list(tmp_path.iterdir())


def test_the_first_available_encoder_is_chosen(remove_encoders):
    best, second = ENCODERS["h264"]
    assert choose_encoder("h264") is best
    remove_encoders(best.name)
    assert not best.is_available
    assert choose_encoder("h264") is second
    remove_encoders(best.name, second.name)
    with pytest.raises(ValueError, match="none of the encoders: libx264, mpeg4"):
        choose_encoder("h264")


@pytest.mark.parametrize(
    "name, codec, expected",
    [("a.mp4", "h264", "h264"), ("a.mp4", "h265", "hevc"), ("a.webm", None, "vp9")],
)
def test_the_requested_codec_is_used(make_clip, tmp_path, name, codec, expected):
    report = stylize_video(make_clip(), tmp_path / name, identity, codec=codec)
    with av.open(str(report.path)) as container:
        context = container.streams.video[0].codec_context
        assert context.name.replace("libvpx-", "") == expected
        assert context.pix_fmt == "yuv420p"
        assert expected != "hevc" or context.codec_tag == "hvc1"


def test_a_missing_encoder_is_replaced_with_a_note(
    make_clip, target, remove_encoders, read_video
):
    remove_encoders("libx264")
    notes, source = [], make_clip(sound=True)
    stylize_video(source, target, identity, notify=notes.append)
    assert notes == ["no encoder for h264 is available; using mpeg4"]
    times, images = read_video(target)
    assert times == read_video(source)[0]
    assert np.abs(images.astype(int) - read_video(source)[1]).mean() < 4
