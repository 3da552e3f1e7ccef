from fractions import Fraction

import numpy as np
import pytest

from animegan_tf.inference.video.encoder import (
    DEFAULT_CRF,
    ENCODERS,
    Encoder,
    EncoderSettings,
    PartWriter,
    choose_encoder,
)
from animegan_tf.inference.video.pixels import VideoColors
from animegan_tf.inference.video.stylize import stylize_video

av = pytest.importorskip("av")
MISSING = Encoder("libnone", ENCODERS["h264"][0].options)


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


def test_lossless_frames_come_back_bit_by_bit(tmp_path, noise, read_film):
    path = tmp_path / "part.nut"
    assert write_part(path, noise, "lossless") == list(range(12))
    assert np.array_equal(read_film(path)[1], noise)


@pytest.mark.parametrize("codec", ["h264", "h265", "vp9"])
def test_packets_know_the_number_of_their_frame(tmp_path, noise, codec):
    path = tmp_path / "part.nut"
    order = write_part(path, noise, codec)
    assert sorted(order) == list(range(12))
    with av.open(str(path)) as container:
        (stream,) = container.streams
        assert (stream.height, stream.width) == (46, 56)
        packets = [packet for packet in container.demux(stream) if packet.size]
    assert len(packets) == 12
    assert packets[0].is_keyframe
    # The first frame to be shown is the first to be decoded.
    assert order[0] == 0


@pytest.mark.parametrize("codec", ["h264", "h265", "vp9"])
def test_a_lower_factor_is_larger(tmp_path, noise, codec):
    sizes = []
    for crf in (15, 40):
        path = tmp_path / f"{crf}.nut"
        write_part(path, noise, codec, crf)
        sizes.append(path.stat().st_size)
    assert sizes[0] > 1.2 * sizes[1]


def test_nothing_written_leaves_no_file(tmp_path):
    assert write_part(tmp_path / "part.nut", [], "h264") == []
    assert not list(tmp_path.iterdir())


def test_the_first_encoder_that_is_there_is_chosen(monkeypatch):
    here = ENCODERS["h264"][1]
    assert not MISSING.is_available
    monkeypatch.setitem(ENCODERS, "h264", (MISSING, here))
    assert choose_encoder("h264") is here
    monkeypatch.setitem(ENCODERS, "h264", (MISSING,))
    with pytest.raises(ValueError, match="has no encoder of: libnone"):
        choose_encoder("h264")


@pytest.mark.parametrize(
    "name, codec, expected",
    [("a.mp4", "h264", "h264"), ("a.mp4", "h265", "hevc"), ("a.webm", None, "vp9")],
)
def test_codec_is_the_one_asked_for(make_clip, tmp_path, name, codec, expected):
    report = stylize_video(make_clip(), tmp_path / name, identity, codec=codec)
    with av.open(str(report.path)) as container:
        context = container.streams.video[0].codec_context
        assert context.name.replace("libvpx-", "") == expected
        assert context.pix_fmt == "yuv420p"
        assert expected != "hevc" or context.codec_tag == "hvc1"


def test_missing_encoder_is_replaced_and_named(
    make_clip, tmp_path, monkeypatch, read_film
):
    mpeg4 = ENCODERS["h264"][1]
    monkeypatch.setitem(ENCODERS, "h264", (MISSING, mpeg4))
    notes, source, target = [], make_clip(sound=True), tmp_path / "out.mp4"
    stylize_video(source, target, identity, notify=notes.append)
    assert "mpeg4" in notes[0]
    times, pictures = read_film(target)
    assert times == read_film(source)[0]
    assert np.abs(pictures.astype(int) - read_film(source)[1]).mean() < 4
