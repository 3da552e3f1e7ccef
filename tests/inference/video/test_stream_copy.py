from fractions import Fraction

import pytest

from animegan_tf.inference.video.reader import open_video
from animegan_tf.inference.video.stream_copy import (
    add_copied_streams,
    choose_copied_streams,
    copied_packets,
)
from animegan_tf.inference.video.stylize import stylize_video

av = pytest.importorskip("av")


def identity(frames):
    return frames


def unwanted(text):
    raise AssertionError(text)


@pytest.fixture
def target(tmp_path):
    return tmp_path / "out.mp4"


@pytest.fixture
def subtitles(tmp_path):
    """A file of subtitles alone, of one line."""
    path = tmp_path / "text.srt"
    path.write_text("1\n00:00:00,100 --> 00:00:00,600\nHello\n\n")
    return path


def test_sound_is_chosen_unless_it_is_to_be_dropped(make_clip):
    source = make_clip(sound=True)
    chosen = choose_copied_streams(source, ".mp4", "copy", unwanted)
    # Stream 0 is the film itself.
    assert (chosen.source, chosen.indexes) == (source, (1,))
    assert choose_copied_streams(source, ".mp4", "drop", unwanted).is_empty


def test_a_gif_takes_nothing_along(make_clip):
    assert choose_copied_streams(
        make_clip(sound=True), ".gif", "copy", unwanted
    ).is_empty


def test_subtitles_that_fit_go_along_and_others_are_told(subtitles):
    assert choose_copied_streams(subtitles, ".mkv", "drop", unwanted).indexes == (0,)
    notes = []
    assert choose_copied_streams(subtitles, ".webm", "copy", notes.append).is_empty
    (note,) = notes
    assert note.startswith("a .webm file cannot hold the subtitles (")
    assert note.endswith("); they are left out")


def copy_sound(source, path, **options):
    """Times in seconds of the packets that are copied from a clip's sound."""
    copied = choose_copied_streams(source, path.suffix, "copy", unwanted)
    with open_video(source) as container, av.open(str(path), "w") as output:
        added = add_copied_streams(output, container, copied)
        packets = copied_packets(container, added, **options)
        return [float(packet.pts * packet.time_base) for packet in packets]


def test_packets_are_moved_by_the_origin_and_end_before_the_end(make_clip, tmp_path):
    source = make_clip(sound=True)
    path = tmp_path / "sound.mka"
    whole = copy_sound(source, path, origin=Fraction(0), keep_early=True, end=None)
    cut = copy_sound(
        source, path, origin=Fraction(1, 4), keep_early=False, end=Fraction(3, 4)
    )
    expected = [time - 0.25 for time in whole if 0.25 <= time < 0.75]
    assert cut == pytest.approx(expected, abs=1e-4)
    assert 20 < len(cut) < len(whole)


def test_early_packets_are_kept_if_the_file_can_say_so(make_clip, tmp_path):
    options = {"origin": Fraction(1, 4), "keep_early": True, "end": None}
    times = copy_sound(make_clip(sound=True), tmp_path / "sound.mka", **options)
    assert times[0] < 0.0


def test_sound_is_copied_bit_by_bit(make_clip, target, read_packets):
    source = make_clip(sound=True)
    stylize_video(source, target, identity)
    assert read_packets(target, "audio") == read_packets(source, "audio")
    with av.open(str(target)) as container:
        video, audio = container.streams
        length = float(audio.duration * audio.time_base)
        assert length == pytest.approx(float(video.duration * video.time_base), abs=0.1)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_sound_and_film_begin_together_in_every_container(make_clip, tmp_path, suffix):
    source = make_clip(f"clip{suffix}", sound=True)
    for name in ("out.mp4", "out.mkv"):
        stylize_video(source, tmp_path / name, identity, overwrite=True)
        for kind in ("video", "audio"):
            with av.open(str(tmp_path / name)) as container:
                assert next(container.decode(**{kind: 0})).time == 0


def test_sound_can_be_left_out(make_clip, target):
    stylize_video(make_clip(sound=True), target, identity, audio="drop")
    with av.open(str(target)) as container:
        assert [stream.type for stream in container.streams] == ["video"]


def test_sound_that_the_container_cannot_hold_stops_the_work_at_once(
    make_clip, tmp_path
):
    source, target = make_clip(sound=True), tmp_path / "out.webm"
    with pytest.raises(ValueError, match=r"\.webm file cannot hold.*aac.*audio drop"):
        stylize_video(source, target, lambda frames: unwanted("worked"))
    assert stylize_video(source, target, identity, audio="drop").num_frames == 10
