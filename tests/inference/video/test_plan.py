from fractions import Fraction

import numpy as np
import pytest

from animegan_tf.inference.video.options import VideoOptions
from animegan_tf.inference.video.plan import choose_copied_streams, plan_video

av = pytest.importorskip("av")


def identity(frames):
    return frames


def unexpected(text):
    raise AssertionError(text)


def plan(source, target, **options):
    notes = []
    made = plan_video(
        source, target, VideoOptions(**options), notes.append, overwrite=False
    )
    return made, notes


def test_timestamps_are_kept_unless_a_rate_is_given(make_clip, target):
    source = make_clip()
    kept, notes = plan(source, target)
    assert kept.timeline.fps is None
    assert kept.timeline.time_base == kept.info.time_base
    assert kept.encoding.rate == kept.info.rate == 10
    even, _ = plan(source, target, fps=25)
    assert even.timeline.time_base == Fraction(1, 25)
    assert even.encoding.rate == 25
    assert not notes


def test_the_default_rate_factor_depends_on_the_codec(make_clip, target):
    source = make_clip()
    for options, expected in (({}, 18), ({"codec": "h265"}, 22), ({"crf": 30}, 30)):
        assert plan(source, target, **options)[0].encoding.crf == expected
    assert plan(source, target.with_suffix(".webm"))[0].encoding.crf == 28


def test_a_gif_of_a_high_frame_rate_drops_frames(make_clip, target):
    fast, gif = (
        make_clip(pts=[8 * index for index in range(20)]),
        target.with_suffix(".gif"),
    )
    made, _ = plan(fast, gif)
    assert 50 < made.info.rate < 100
    assert made.timeline.fps == made.info.rate / 2
    assert made.encoding.encoder.name == "ffv1"
    assert plan(fast, gif, fps=60)[0].timeline.fps == 30


def test_an_interlaced_source_gives_a_note(make_clip, target):
    options = {"codec": "mpeg4", "options": {"flags": "+ildct+ilme"}}
    _, notes = plan(make_clip(**options), target)
    assert notes == ["the source is interlaced; its combing artifacts are stylized too"]


def test_only_what_frames_depend_on_is_described(make_clip, target):
    def describe(function=identity, **options):
        made, _ = plan(source, target, **options)
        return made.describe(function)

    source = make_clip(sound=True)
    before = describe()
    for options in ({"audio": "drop"}, {"mark": False}, {"batch_size": 1}, {"crf": 18}):
        assert describe(**options) == before
    for options in ({"smooth": 0.5}, {"max_size": 32}, {"crf": 20}, {"end": 0.5}):
        assert describe(**options) != before
    assert describe(np.copy) != before
    source.write_bytes(source.read_bytes() + b"\0")
    assert describe()["source"] != before["source"]


def test_networks_and_masks_are_described_by_their_content(
    make_clip, target, identity_generator, negative_generator
):
    from animegan_tf.inference.stylizer import Stylizer

    made, _ = plan(make_clip(), target)
    one, same, other = (
        Stylizer(network)
        for network in (identity_generator, identity_generator, negative_generator)
    )
    assert made.describe(one) == made.describe(same) != made.describe(other)
    masks = np.zeros((4, 4), np.uint8), np.zeros((4, 4), np.uint8), np.eye(4)
    described = [made.describe(one, mask=mask) for mask in masks]
    assert described[0] == described[1] != described[2]


@pytest.mark.parametrize("data", [b"", b"not a video", bytes(5000)])
def test_a_file_that_is_no_video_is_an_error_of_one_line(tmp_path, data):
    source = tmp_path / "broken.mp4"
    source.write_bytes(data)
    with pytest.raises(
        ValueError, match=r"(?s)\ANot a readable video[^\n]*broken\.mp4[^\n]*\Z"
    ):
        plan(source, tmp_path / "out.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["broken.mp4"]


def test_a_file_of_audio_only_is_an_error(make_clip, tmp_path):
    source = tmp_path / "audio.m4a"
    with av.open(str(make_clip(sound=True))) as video, av.open(str(source), "w") as out:
        stream = out.add_stream_from_template(video.streams.audio[0])
        for packet in video.demux(audio=0):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    with pytest.raises(ValueError, match=r"No video stream in the file.*audio\.m4a"):
        plan(source, tmp_path / "out.mp4")


def test_audio_is_copied_unless_dropped(make_clip):
    source = make_clip(sound=True)
    # Stream 0 is the video.
    assert choose_copied_streams(source, ".mp4", "copy", unexpected) == (1,)
    assert choose_copied_streams(source, ".mp4", "drop", unexpected) == ()


def test_nothing_is_copied_to_a_gif(make_clip):
    source = make_clip(sound=True)
    assert choose_copied_streams(source, ".gif", "copy", unexpected) == ()


def test_subtitles_are_copied_or_left_out_with_a_note(tmp_path):
    text, path = tmp_path / "text.srt", tmp_path / "text.mkv"
    text.write_text("1\n00:00:00,100 --> 00:00:00,600\nHello\n\n")
    with av.open(str(text)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream_from_template(source.streams[0])
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    assert choose_copied_streams(path, ".mkv", "drop", unexpected) == (0,)
    notes = []
    assert choose_copied_streams(path, ".webm", "copy", notes.append) == ()
    (note,) = notes
    assert note.startswith("a .webm file cannot hold the subtitles (")
    assert note.endswith("); they are left out")
