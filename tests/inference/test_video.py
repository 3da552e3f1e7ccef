import json
import os
import signal
import subprocess
import sys
import threading
from fractions import Fraction

import numpy as np
import pytest

from animegan_tf.inference import video_encoder, video_run
from animegan_tf.inference.video import stylize_video
from animegan_tf.inference.video_reader import DecodingLog, decode_frames

av = pytest.importorskip("av")


def identity(frames):
    return frames


def negative(frames):
    return 255 - frames


class StopAfter:
    """A styler that gives up, or is interrupted, after some frames."""

    def __init__(self, num_frames, error):
        self.left, self.error = num_frames, error
        self.__qualname__ = identity.__qualname__

    def __call__(self, frames):
        self.left -= len(frames)
        if self.left < 0:
            raise self.error
        return frames


def read(path):
    """Times in seconds and pictures of a video."""
    frames = list(decode_frames(path, DecodingLog()))
    times = [frame.pts * frame.time_base for frame in frames]
    return times, np.stack([frame.to_ndarray(format="rgb24") for frame in frames])


def packets(path, kind):
    with av.open(str(path)) as container:
        return [
            (packet.pts * packet.time_base, bytes(packet))
            for packet in container.demux(**{kind: 0})
            if packet.size
        ]


def difference(first, second):
    return np.abs(first.astype(int) - second).mean()


@pytest.fixture
def target(tmp_path):
    return tmp_path / "out.mp4"


@pytest.fixture
def short_parts(monkeypatch):
    """Parts of three tenths of a second, so that small clips have several."""
    monkeypatch.setattr(video_run, "PART_SECONDS", Fraction(3, 10))


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm"])
def test_pictures_and_times_come_back(make_clip, tmp_path, suffix):
    source = make_clip()
    report = stylize_video(source, tmp_path / f"out{suffix}", negative)
    times, pictures = read(report.path)
    expected_times, expected = read(source)
    assert times == expected_times
    assert difference(pictures, 255 - expected) < 4
    assert report.num_frames == 10
    assert report.num_broken == 0
    assert report.seconds == pytest.approx(1.0)


def test_every_frame_keeps_its_time_at_a_variable_rate(make_clip, target):
    pts = [0, 10, 30, 500, 501, 502, 900, 1400, 1433, 3000]
    source = make_clip(pts=pts)
    stylize_video(source, target, identity)
    assert read(target)[0] == [Fraction(time, 1000) for time in pts]
    with av.open(str(target)) as container:
        # The last frame is seen for a tenth of a second.
        assert container.duration == 3_100_000
        (stream,) = container.streams
        assert stream.duration * stream.time_base == Fraction(31, 10)


def test_parts_join_without_a_gap(make_clip, target, short_parts):
    source = make_clip(num_frames=20, pts=[*range(0, 1900, 100), 5000])
    stylize_video(source, target, identity)
    times, pictures = read(target)
    assert times == read(source)[0]
    assert difference(pictures, read(source)[1]) < 4
    assert not list(target.parent.glob(".out*"))


def test_sound_is_copied_bit_by_bit(make_clip, target):
    source = make_clip(sound=True)
    stylize_video(source, target, identity)
    assert packets(target, "audio") == packets(source, "audio")
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
        stylize_video(source, target, StopAfter(0, AssertionError("worked")))
    assert stylize_video(source, target, identity, audio="drop").num_frames == 10


@pytest.mark.parametrize("display", [(0, 1, -1, 0), (0, -1, 1, 0), (-1, 0, 0, -1)])
def test_rotation_goes_into_the_pixels(make_clip, target, display):
    plain = read(make_clip("plain.mp4"))[1]
    stylize_video(make_clip(display=display), target, identity)
    turns = {(0, 1): -1, (0, -1): 1, (-1, 0): 2}[display[:2]]
    pictures = read(target)[1]
    assert difference(pictures, np.rot90(plain, turns, axes=(1, 2))) < 4
    with av.open(str(target)) as container:
        assert next(container.decode(video=0)).rotation == 0


def test_odd_sizes_get_a_copy_of_the_last_row_and_column(make_clip, target):
    def draw(index, size):
        picture = np.full((*size, 3), 60, np.uint8)
        picture[-1], picture[:, -1] = 180, 180
        return picture

    source = make_clip(
        "odd.mkv", size=(33, 45), draw=draw, codec="ffv1", pix_fmt="bgr0"
    )
    stylize_video(source, target, identity, crf=1)
    pictures = read(target)[1]
    assert pictures.shape[1:3] == (34, 46)
    assert abs(int(pictures[0, 33, 20].mean()) - int(pictures[0, 32, 20].mean())) < 8


def test_max_size_bounds_the_longer_side(make_clip, target):
    shapes = []

    def note(frames):
        shapes.append(frames.shape[1:])
        return frames

    stylize_video(make_clip(), target, note, max_size=32)
    assert set(shapes) == {(24, 32, 3)}


def test_piece_is_cut_out_of_film_and_sound(make_clip, target):
    source = make_clip(sound=True, num_frames=20)
    report = stylize_video(source, target, identity, start=0.5, end="0:01.25")
    times, pictures = read(target)
    assert times == [Fraction(index, 10) for index in range(8)]
    assert report.seconds == 0.75
    assert difference(pictures, read(source)[1][5:13]) < 4
    expected = [data for time, data in packets(source, "audio") if 0.5 <= time < 1.25]
    assert [data for _, data in packets(target, "audio")] == expected


@pytest.mark.parametrize("fps, chosen", [(5, [0, 2, 4, 6, 8]), (20, None)])
def test_fps_repeats_and_leaves_out_frames(make_clip, target, fps, chosen):
    chosen = chosen or [index // 2 for index in range(20)]
    source = make_clip()
    stylize_video(source, target, identity, fps=fps)
    times, pictures = read(target)
    assert times == [Fraction(index, fps) for index in range(len(chosen))]
    assert difference(pictures, read(source)[1][chosen]) < 4


def test_what_stands_still_is_stylized_once(make_clip, target):
    seen = []

    def noisy(frames):
        seen.append(len(frames))
        return np.random.default_rng(len(seen)).integers(0, 256, frames.shape, np.uint8)

    source = make_clip("still.mkv", draw=draw_two_scenes, codec="ffv1", pix_fmt="bgr0")
    stylize_video(source, target.with_suffix(".gif"), noisy)
    assert sum(seen) == 2
    pictures = read(target.with_suffix(".gif"))[1]
    assert len(pictures) == 2


def draw_two_scenes(index, size):
    return np.full((*size, 3), 200 if index < 5 else 30, np.uint8)


def test_interrupt_leaves_a_film_and_resume_finishes_it(
    make_clip, target, short_parts, tmp_path
):
    source = make_clip(sound=True, num_frames=20)
    notes = []
    with pytest.raises(KeyboardInterrupt):
        stylize_video(
            source,
            target,
            StopAfter(10, KeyboardInterrupt()),
            smooth=0.5,
            batch_size=1,
            notify=notes.append,
        )
    partial = tmp_path / "out.partial.mp4"
    assert str(partial) in notes[0] and "--resume" in notes[0]
    assert not target.exists()
    assert read(partial)[0] == read(source)[0][:10]
    assert max(time for time, _ in packets(partial, "audio")) < 1.0
    report = stylize_video(source, target, identity, smooth=0.5, resume=True)
    assert report.num_frames == 20
    assert read(target)[0] == read(source)[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4", "out.mp4"]


@pytest.mark.parametrize("options", [{"smooth": 0.8}, {"fps": 25}, {"start": 0.15}])
def test_resumed_run_equals_an_unbroken_one(make_clip, tmp_path, short_parts, options):
    # GIF frames are kept lossless, so that equal means equal.
    source, whole, broken = make_clip(), tmp_path / "a.gif", tmp_path / "b.gif"
    stylize_video(source, whole, identity, **options)
    with pytest.raises(RuntimeError, match="out of memory"):
        stylize_video(
            source,
            broken,
            StopAfter(5, RuntimeError("out of memory")),
            batch_size=1,
            **options,
        )
    stylize_video(source, broken, identity, resume=True, **options)
    assert whole.read_bytes() == broken.read_bytes()


def test_resume_redoes_only_what_is_missing(make_clip, target, short_parts):
    source, seen = make_clip(num_frames=12), []
    with pytest.raises(RuntimeError):
        stylize_video(source, target, StopAfter(7, RuntimeError()), batch_size=1)

    def count(frames):
        seen.append(len(frames))
        return frames

    count.__qualname__ = identity.__qualname__
    stylize_video(source, target, count, resume=True, batch_size=1)
    # Seven frames were done, six of them in whole parts.
    assert sum(seen) == 6


def test_unfinished_run_is_neither_lost_nor_mixed_up(make_clip, target, short_parts):
    source = make_clip()
    with pytest.raises(RuntimeError):
        stylize_video(source, target, StopAfter(5, RuntimeError()), batch_size=1)
    with pytest.raises(FileExistsError, match="--resume"):
        stylize_video(source, target, identity)
    with pytest.raises(ValueError, match="other settings: crf.*crf=30, not 18"):
        stylize_video(source, target, identity, resume=True, crf=30)
    assert stylize_video(source, target, identity, overwrite=True).num_frames == 10
    target.unlink()
    assert stylize_video(source, target, identity, resume=True).num_frames == 10


def damage(path, chosen):
    """Overwrite the data of some frames of a video."""
    with av.open(str(path)) as container:
        places = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    data = bytearray(path.read_bytes())
    random = np.random.default_rng(0)
    for position, size in (places[index] for index in chosen):
        noise = random.integers(0, 256, size - 4, dtype=np.uint8)
        data[position + 4 : position + size] = noise.tobytes()
    path.write_bytes(data)


def test_broken_frames_are_skipped_and_counted(make_clip, target):
    source = make_clip(num_frames=20, sound=True, options={"bf": "0"})
    whole = read(source)[0]
    damage(source, [8, 9])
    notes = []
    report = stylize_video(source, target, identity, notify=notes.append)
    assert report.num_broken == 2
    assert report.num_frames == 18
    assert "2 frames of" in notes[0]
    times = read(target)[0]
    assert times == [*whole[:8], *whole[10:]]
    assert report.seconds == pytest.approx(2.0)


@pytest.mark.parametrize("data", [b"", b"not a video", bytes(5000)])
def test_undecodable_file_is_an_error_of_one_line(tmp_path, target, data):
    source = tmp_path / "broken.mp4"
    source.write_bytes(data)
    with pytest.raises(ValueError, match=r"(?s)\ANot a video[^\n]*broken\.mp4[^\n]*\Z"):
        stylize_video(source, target, identity)
    assert [path.name for path in tmp_path.iterdir()] == ["broken.mp4"]


def test_sound_alone_is_no_video(make_clip, tmp_path, target):
    source = tmp_path / "sound.m4a"
    with av.open(str(make_clip(sound=True))) as film, av.open(str(source), "w") as out:
        stream = out.add_stream_from_template(film.streams.audio[0])
        for packet in film.demux(audio=0):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    with pytest.raises(ValueError, match=r"No video in the file.*sound\.m4a"):
        stylize_video(source, target, identity)


def test_truncated_file_ends_early_without_hanging(make_clip, target):
    source = make_clip("clip.mkv", num_frames=20, codec="ffv1", pix_fmt="bgr0")
    data = source.read_bytes()
    source.write_bytes(data[: len(data) // 2])
    report = stylize_video(source, target, identity)
    assert 0 < report.num_frames < 20


@pytest.mark.parametrize("link", [None, os.symlink, os.link])
def test_source_is_never_overwritten(make_clip, tmp_path, link):
    source = target = make_clip()
    before = source.read_bytes()
    if link:
        target = tmp_path / "link.mp4"
        link(source, target)
    with pytest.raises(ValueError, match="would overwrite the source"):
        stylize_video(source, target, identity, overwrite=True)
    partial = make_clip("x.partial.mp4")
    with pytest.raises(ValueError, match="would overwrite the source"):
        stylize_video(partial, tmp_path / "x.mp4", identity)
    assert source.read_bytes() == before


def test_existing_film_stays_until_its_successor_is_whole(make_clip, target):
    source = make_clip()
    target.write_bytes(b"precious")
    with pytest.raises(FileExistsError, match="--overwrite"):
        stylize_video(source, target, identity)
    with pytest.raises(RuntimeError):
        stylize_video(source, target, StopAfter(2, RuntimeError()), overwrite=True)
    assert target.read_bytes() == b"precious"
    assert not list(target.parent.glob(".*"))
    stylize_video(source, target, identity, overwrite=True)
    assert len(read(target)[0]) == 10


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


def test_missing_encoder_is_replaced_and_named(make_clip, target, monkeypatch):
    gone = video_encoder.Encoder("libnone", video_encoder.ENCODERS["h264"][0].options)
    mpeg4 = video_encoder.ENCODERS["h264"][1]
    monkeypatch.setitem(video_encoder.ENCODERS, "h264", (gone, mpeg4))
    notes, source = [], make_clip(sound=True)
    stylize_video(source, target, identity, notify=notes.append)
    assert "mpeg4" in notes[0]
    times, pictures = read(target)
    assert times == read(source)[0]
    assert difference(pictures, read(source)[1]) < 4


def test_mark_is_in_the_metadata_unless_unwanted(make_clip, tmp_path):
    source = make_clip()
    for mark in (True, False):
        for suffix in (".mp4", ".mkv", ".gif"):
            path = tmp_path / f"{mark}{suffix}"
            stylize_video(source, path, identity, mark=mark)
            found = b"compositeWithTrainedAlgorithmicMedia" in path.read_bytes()
            assert found is mark


def test_gif_becomes_a_film_and_a_film_a_gif(make_clip, tmp_path):
    gif, film = tmp_path / "a.gif", tmp_path / "b.mp4"
    source = make_clip(pts=[0, 100, 250, 300, 1000])
    stylize_video(source, gif, identity)
    assert read(gif)[0] == read(source)[0]
    stylize_video(gif, film, identity)
    assert read(film)[0] == read(source)[0]
    assert difference(read(film)[1], read(source)[1]) < 6


def test_styler_that_changes_the_size_is_an_error(make_clip, target):
    with pytest.raises(ValueError, match="`style` must give frames of its input's"):
        stylize_video(make_clip(), target, lambda frames: frames[:, ::2])
    assert threading.active_count() == 1 or not any(
        thread.name in ("read-ahead", "write-behind")
        for thread in threading.enumerate()
    )


def test_network_of_a_run_folder(make_clip, target, run_folder):
    source = make_clip()
    stylize_video(source, target, run_folder)
    assert difference(read(target)[1], 255 - read(source)[1]) < 4


def test_killed_run_goes_on(make_clip, target):
    """A process that dies between two frames leaves its whole parts."""
    source = make_clip(num_frames=20)
    code = (
        "import os, signal\n"
        "from fractions import Fraction\n"
        "from animegan_tf.inference import video_run\n"
        "from animegan_tf.inference.video import stylize_video\n"
        "video_run.PART_SECONDS = Fraction(3, 10)\n"
        "def identity(frames, left=[12]):\n"
        "    left[0] -= 1\n"
        "    if left[0] < 0:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return frames\n"
        f"stylize_video({str(source)!r}, {str(target)!r}, identity, batch_size=1)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True)
    assert result.returncode == -signal.SIGKILL
    assert not target.exists()
    parts = target.with_name(".out.mp4.parts")
    finished = sorted(parts.glob("part_*.json"))
    assert finished
    assert json.loads(finished[0].read_text())["pts"][0] == 0
    assert stylize_video(source, target, identity, resume=True).num_frames == 20
    assert read(target)[0] == read(source)[0]


@pytest.mark.slow
def test_bundled_style_end_to_end(make_clip, target):
    source = make_clip(sound=True, size=(96, 128))
    report = stylize_video(source, target, "comic", progress=True, smooth=0.3)
    assert report.num_frames == 10
    pictures = read(target)[1]
    change = difference(pictures, read(source)[1])
    assert 2 < change < 60


def test_dials_reach_the_frames(make_clip, target, negative_generator):
    from animegan_tf.inference.dials import Dials
    from animegan_tf.inference.stylizer import Stylizer

    source, stylizer = make_clip(), Stylizer(negative_generator)
    dials = Dials(strength=0.25)
    stylize_video(source, target, stylizer, dials=dials)
    before = read(source)[1].astype(int)
    assert difference(read(target)[1], before + (255 - 2 * before) / 4) < 4
    mask = np.zeros((48, 64), np.uint8)
    stylize_video(source, target, stylizer, dials=Dials(mask=mask), overwrite=True)
    assert difference(read(target)[1], before) < 4


def test_early_end_is_told(make_clip, target):
    source = make_clip("clip.mkv", num_frames=40, codec="ffv1", pix_fmt="bgr0")
    data = source.read_bytes()
    source.write_bytes(data[: len(data) // 2])
    notes = []
    stylize_video(source, target, identity, notify=notes.append)
    assert "ends after" in notes[-1] and "though it says 4.0 s" in notes[-1]
