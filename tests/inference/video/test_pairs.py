from fractions import Fraction

import numpy as np
import pytest

from animegan_tf.inference.video.pairs import read_frame_pairs
from animegan_tf.inference.video.stylize import stylize_video

pytest.importorskip("av")


def difference(first, second):
    return np.abs(first.astype(int) - second).mean()


@pytest.mark.parametrize(
    "options", [{}, {"fps": 4}, {"fps": 30}, {"start": "0.35"}, {"max_size": 48}]
)
def test_film_is_beside_what_its_source_shows_then(make_clip, tmp_path, options):
    source = make_clip(pts=[0, 100, 200, 350, 400, 700, 750, 800, 900, 1000])
    film = tmp_path / "out.mp4"
    report = stylize_video(source, film, lambda frames: frames, **options)
    start = Fraction(options.get("start", 0))
    pairs = list(read_frame_pairs(source, film, start=start))
    assert len(pairs) == report.num_frames
    for photo, picture in pairs:
        assert photo.shape == picture.shape
        assert difference(photo, picture) < 4


def test_padding_is_cut_off_and_rotation_heeded(make_clip, tmp_path):
    odd = make_clip("odd.mkv", size=(33, 45), codec="ffv1", pix_fmt="bgr0")
    for source in (odd, make_clip(display=(0, 1, -1, 0))):
        film = tmp_path / "out.mp4"
        stylize_video(source, film, lambda frames: frames, overwrite=True)
        photo, picture = next(read_frame_pairs(source, film))
        assert photo.shape in ((33, 45, 3), (64, 48, 3))
        assert difference(photo, picture) < 4


def test_a_start_behind_the_end_of_the_source_is_an_error(make_clip):
    source = make_clip()
    with pytest.raises(ValueError, match=r"`start` must lie before .* 1\.000 s"):
        next(read_frame_pairs(source, source, start=Fraction(1)))
