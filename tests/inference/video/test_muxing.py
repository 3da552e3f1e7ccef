from fractions import Fraction

import numpy as np
import pytest

from animegan_tf.inference.video.muxing import (
    add_copied_streams,
    copied_packets,
    decoding_times,
)
from animegan_tf.inference.video.plan import choose_copied_streams
from animegan_tf.inference.video.reader import open_video
from animegan_tf.inference.video.stylize import stylize_video

av = pytest.importorskip("av")


def identity(frames):
    return frames


def unexpected(text):
    raise AssertionError(text)


def test_without_reordering_frames_are_decoded_when_they_are_shown():
    assert decoding_times([0, 5, 7], [5, 7, 9], [0, 1, 2]) == [0, 5, 7]


def test_decoding_runs_ahead_by_the_frames_that_come_before_their_turn():
    # Shown as 0 1 2 3; frame 2 is decoded second, since frame 1 refers to it. The
    # packet decoded last, frame 3, ends as it is shown, so the lead is one duration.
    pts, ends = [0, 10, 20, 30], [10, 20, 30, 40]
    assert decoding_times(pts, ends, [0, 2, 1, 3]) == [-10, 0, 10, 20]


@pytest.mark.parametrize("order", [[0, 2, 1, 3], [0, 3, 1, 2], [0, 1, 3, 2]])
@pytest.mark.parametrize("pts", [[0, 1, 2, 3], [0, 10, 20, 500], [0, 500, 501, 502]])
def test_decoding_times_increase_and_are_never_later_than_the_frame(order, pts):
    times = decoding_times(pts, [*pts[1:], pts[-1] + 7], order)
    assert all(a < b for a, b in zip(times[:-1], times[1:], strict=True))
    for time, rank in zip(times, order, strict=True):
        assert time <= pts[rank]


def test_every_frame_keeps_its_time_at_a_variable_rate(make_clip, target, read_video):
    pts = [0, 10, 30, 500, 501, 502, 900, 1400, 1433, 3000]
    source = make_clip(pts=pts)
    stylize_video(source, target, identity)
    assert read_video(target)[0] == [Fraction(time, 1000) for time in pts]
    with av.open(str(target)) as container:
        # The last frame is shown for a tenth of a second.
        assert container.duration == 3_100_000
        (stream,) = container.streams
        assert stream.duration * stream.time_base == Fraction(31, 10)


def test_parts_join_without_a_gap(make_clip, target, read_video):
    source = make_clip(pts=[*range(0, 28_000, 2000), 80_000])
    stylize_video(source, target, identity)
    times, images = read_video(target)
    assert times == read_video(source)[0]
    assert np.abs(images.astype(int) - read_video(source)[1]).mean() < 4
    assert not list(target.parent.glob(".out*"))


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".gif"])
@pytest.mark.parametrize("mark", [True, False])
def test_the_mark_is_in_the_metadata_unless_disabled(make_clip, tmp_path, suffix, mark):
    path = tmp_path / f"out{suffix}"
    stylize_video(make_clip(), path, identity, mark=mark)
    found = b"compositeWithTrainedAlgorithmicMedia" in path.read_bytes()
    assert found is mark


def copy_audio(source, path, **options):
    """Times in seconds of the audio packets that are copied from a clip."""
    copied = choose_copied_streams(source, path.suffix, "copy", unexpected)
    with open_video(source) as container, av.open(str(path), "w") as output:
        added = add_copied_streams(output, container, copied)
        packets = copied_packets(container, added, **options)
        return [float(packet.pts * packet.time_base) for packet in packets]


def test_packets_are_shifted_by_the_origin_and_stop_before_the_end(make_clip, tmp_path):
    source = make_clip(sound=True)
    path = tmp_path / "audio.mka"
    whole = copy_audio(source, path, origin=Fraction(0), keep_early=True, end=None)
    cut = copy_audio(
        source, path, origin=Fraction(1, 4), keep_early=False, end=Fraction(3, 4)
    )
    expected = [time - 0.25 for time in whole if 0.25 <= time < 0.75]
    assert cut == pytest.approx(expected, abs=1e-4)
    assert 20 < len(cut) < len(whole)


def test_early_packets_are_kept_if_the_file_can_say_so(make_clip, tmp_path):
    options = {"origin": Fraction(1, 4), "keep_early": True, "end": None}
    times = copy_audio(make_clip(sound=True), tmp_path / "audio.mka", **options)
    assert times[0] < 0.0


def test_audio_packets_are_copied_unchanged(make_clip, target, read_packets):
    source = make_clip(sound=True)
    stylize_video(source, target, identity)
    assert read_packets(target, "audio") == read_packets(source, "audio")
    with av.open(str(target)) as container:
        video, audio = container.streams
        length = float(audio.duration * audio.time_base)
        assert length == pytest.approx(float(video.duration * video.time_base), abs=0.1)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("name", ["out.mp4", "out.mkv"])
def test_audio_and_video_begin_together(make_clip, tmp_path, suffix, name):
    target = tmp_path / name
    stylize_video(make_clip(f"clip{suffix}", sound=True), target, identity)
    for kind in ("video", "audio"):
        with av.open(str(target)) as container:
            assert next(container.decode(**{kind: 0})).time == 0


def test_audio_can_be_dropped(make_clip, target):
    stylize_video(make_clip(sound=True), target, identity, audio="drop")
    with av.open(str(target)) as container:
        assert [stream.type for stream in container.streams] == ["video"]


def test_audio_that_the_format_cannot_hold_is_an_error_before_any_work(
    make_clip, tmp_path
):
    source, target = make_clip(sound=True), tmp_path / "out.webm"
    with pytest.raises(ValueError, match=r"\.webm file cannot hold.*aac.*audio drop"):
        stylize_video(source, target, lambda frames: unexpected("stylized"))
    assert stylize_video(source, target, identity, audio="drop").num_frames == 10
