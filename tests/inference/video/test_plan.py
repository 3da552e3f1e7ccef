from fractions import Fraction

import numpy as np
import pytest

from animegan_tf.inference.video.options import VideoOptions
from animegan_tf.inference.video.plan import plan_video

av = pytest.importorskip("av")


def identity(frames):
    return frames


def plan(source, target, **options):
    notes = []
    made = plan_video(
        source, target, VideoOptions(**options), notes.append, overwrite=False
    )
    return made, notes


def test_times_stay_the_sources_unless_a_rate_is_asked_for(make_clip, tmp_path):
    source = make_clip()
    kept, notes = plan(source, tmp_path / "a.mp4")
    assert kept.timeline.fps is None
    assert kept.timeline.time_base == kept.info.time_base
    assert kept.encoding.rate == kept.info.rate == 10
    even, _ = plan(source, tmp_path / "a.mp4", fps=25)
    assert even.timeline.time_base == Fraction(1, 25)
    assert even.encoding.rate == 25
    assert not notes


def test_quality_is_the_codecs_own_unless_given(make_clip, tmp_path):
    source = make_clip()
    for options, expected in (({}, 18), ({"codec": "h265"}, 22), ({"crf": 30}, 30)):
        assert plan(source, tmp_path / "a.mp4", **options)[0].encoding.crf == expected
    assert plan(source, tmp_path / "a.webm")[0].encoding.crf == 28


def test_a_gif_of_a_fast_film_leaves_out_frames(make_clip, tmp_path):
    fast = make_clip(pts=[8 * index for index in range(20)])
    made, _ = plan(fast, tmp_path / "a.gif")
    assert 50 < made.info.rate < 100
    assert made.timeline.fps == made.info.rate / 2
    assert made.encoding.encoder.name == "ffv1"
    assert plan(fast, tmp_path / "a.gif", fps=60)[0].timeline.fps == 30


def test_interlaced_sources_are_told(make_clip, tmp_path):
    options = {"codec": "mpeg4", "options": {"flags": "+ildct+ilme"}}
    _, notes = plan(make_clip(**options), tmp_path / "a.mp4")
    assert notes == ["the source is interlaced; its combs will be drawn"]


def test_what_frames_depend_on_is_described_and_the_rest_is_not(make_clip, tmp_path):
    def describe(function=identity, **options):
        made, _ = plan(source, tmp_path / "a.mp4", **options)
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


def test_networks_and_masks_count_by_their_content(
    make_clip, tmp_path, identity_generator, negative_generator
):
    from animegan_tf.inference.stylizer import Stylizer

    made, _ = plan(make_clip(), tmp_path / "a.mp4")
    one, same, other = (
        Stylizer(network)
        for network in (identity_generator, identity_generator, negative_generator)
    )
    assert made.describe(one) == made.describe(same) != made.describe(other)
    masks = np.zeros((4, 4), np.uint8), np.zeros((4, 4), np.uint8), np.eye(4)
    described = [made.describe(one, mask=mask) for mask in masks]
    assert described[0] == described[1] != described[2]


@pytest.mark.parametrize("data", [b"", b"not a video", bytes(5000)])
def test_undecodable_file_is_an_error_of_one_line(tmp_path, data):
    source = tmp_path / "broken.mp4"
    source.write_bytes(data)
    with pytest.raises(ValueError, match=r"(?s)\ANot a video[^\n]*broken\.mp4[^\n]*\Z"):
        plan(source, tmp_path / "out.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["broken.mp4"]


def test_sound_alone_is_no_video(make_clip, tmp_path):
    source = tmp_path / "sound.m4a"
    with av.open(str(make_clip(sound=True))) as film, av.open(str(source), "w") as out:
        stream = out.add_stream_from_template(film.streams.audio[0])
        for packet in film.demux(audio=0):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    with pytest.raises(ValueError, match=r"No video in the file.*sound\.m4a"):
        plan(source, tmp_path / "out.mp4")
