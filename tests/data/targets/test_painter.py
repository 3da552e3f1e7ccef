import dataclasses
import json

import numpy as np
import pytest

from animegan_tf.data.targets.brushwork import kuwahara
from animegan_tf.data.targets.painter import PAINTERS, RANGES, Painter, Palette

cv2 = pytest.importorskip("cv2", reason="OpenCV is part of the extra 'train'")

PALETTE = Palette(
    tone_curve=tuple(20.0 + 7.0 * k for k in range(11)),
    tints=((0.0, -8.0), (0.0, -5.0), (0.0, 0.0), (0.0, 5.0), (0.0, 10.0), (0.0, 15.0)),
    dyes=((30.0, 40.0, 0.5), (260.0, 30.0, 0.5)),
)
LINES = Painter(line_opacity=1.0, line_color=(0.0, 0.0, 0.0))


def _scene(size=96, seed=0):
    """A sky that shades off, over a wall of dark-framed windows, with some grain."""
    rng = np.random.default_rng(seed)
    image = np.zeros((size, size + 32, 3), np.float64)
    image[:] = np.linspace(220, 150, size)[:, None, None] * [0.8, 0.9, 1.0]
    image[size // 2 :] = (180, 120, 90)
    for left in range(8, size + 16, 20):
        cv2.rectangle(
            image, (left, size // 2 + 8), (left + 12, size - 12), (40, 50, 90), 2
        )
    image += rng.normal(0.0, 3.0, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8)


def _inked(image, painter=LINES):
    return np.abs(painter.paint(image).astype(int) - image).max(axis=2) > 8


def test_default_painter_returns_the_photo():
    photo = _scene()
    np.testing.assert_array_equal(Painter().paint(photo), photo)


def test_numbers_without_their_part_change_nothing():
    # Widths and matches mean nothing without daubs, lines, hatching or a palette.
    painter = Painter(
        daub_width=9.0, line_width=2.0, hatch_spacing=8.0, tone_match=1.0, hue_match=1.0
    )
    np.testing.assert_array_equal(painter.paint(_scene()), _scene())


def test_palette_with_no_match_changes_nothing():
    painter = Painter(palette=PALETTE)
    np.testing.assert_array_equal(painter.paint(_scene()), _scene())


def test_result_is_another_array_than_the_photo():
    photo = _scene()
    Painter().paint(photo)[:] = 0
    assert photo.max() > 0


@pytest.mark.parametrize("name", PAINTERS)
def test_shape_and_dtype_are_kept_and_results_repeat(name):
    painted = PAINTERS[name].paint(_scene())
    assert painted.shape == (96, 128, 3)
    assert painted.dtype == np.uint8
    np.testing.assert_array_equal(painted, PAINTERS[name].paint(_scene()))


@pytest.mark.parametrize("name", PAINTERS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (7, 5), (33, 200)])
def test_any_size_can_be_painted(name, shape):
    photo = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert PAINTERS[name].paint(photo).shape == photo.shape


@pytest.mark.parametrize(
    "painter",
    [
        Painter(smoothing=0.2, brush_radius=3.0, texture=0.5, sharpen=0.3, glow=0.2),
        Painter(daubs=1.0, daub_variation=1.0, relief=0.5),
        Painter(tone_steps=1.0, contrast=1.3, lift=5.0, chroma=1.5),
        Painter(line_opacity=1.0, line_areas=1.0, hatching=0.7),
    ],
)
def test_grey_photo_stays_grey_without_palette(painter):
    photo = np.repeat(_scene().mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
    painted = painter.paint(photo).astype(int)
    assert (painted.max(axis=2) - painted.min(axis=2)).max() <= 2


def test_lines_stand_at_edges_of_the_photo():
    inked = _inked(_scene())
    assert inked[52:90].mean() > 0.05
    assert not inked[:36].any()


def test_no_lines_around_smooth_gradients():
    rows, columns = np.mgrid[:128, :160]
    cloud = 150 + 90 * np.exp(-((rows - 60) ** 2 + (columns - 80) ** 2) / 900.0)
    cloud = np.repeat(cloud[..., None], 3, axis=2).astype(np.uint8)
    painter = dataclasses.replace(LINES, line_threshold=0.001, line_range=0.002)
    assert not _inked(cloud, painter).any()


def test_soft_edges_bear_no_lines_and_sharp_ones_do():
    sharp = np.full((128, 160, 3), 230, np.uint8)
    for left in range(10, 150, 24):
        sharp[20:108, left : left + 10] = 70
    soft = cv2.GaussianBlur(sharp, (0, 0), 3.0)
    painter = dataclasses.replace(LINES, line_sharpness=1.0, line_width=3.0)
    assert _inked(sharp, painter).mean() > 0.05
    assert _inked(soft, painter).mean() < 0.002


def test_specks_are_dropped():
    photo = np.full((96, 96, 3), 200, np.uint8)
    photo[48, 48] = 0
    painter = dataclasses.replace(LINES, line_length=100.0, line_sharpness=0.0)
    assert not _inked(photo, dataclasses.replace(painter, line_width=3.0)).any()


def test_line_blend_draws_with_the_local_color():
    photo = np.full((64, 64, 3), (200, 60, 60), np.uint8)
    photo[:, 30:33] = (100, 20, 20)
    painter = dataclasses.replace(LINES, line_blend=1.0, line_sharpness=0.0)
    drawn = painter.paint(photo, unit=1.0)[32, 31].astype(int)
    assert drawn[0] > 2 * drawn[1]
    assert drawn.max() < 60


def test_strokes_grow_with_the_picture():
    photo = cv2.GaussianBlur(_scene(128), (0, 0), 1.0)
    double = cv2.resize(photo, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    painter = Painter(brush_radius=10.0, smoothing=0.2)
    small = painter.paint(photo).astype(float)
    large = painter.paint(double)
    large = cv2.resize(large, small.shape[1::-1], interpolation=cv2.INTER_AREA)
    changed = np.abs(small - photo).mean()
    assert np.abs(small - large).mean() < 0.5 * changed


def test_unit_fixes_the_size_of_strokes():
    # A crop at the whole image's unit is painted as in the image.
    photo = _scene(128)
    painter = Painter(brush_radius=8.0, line_opacity=0.5)
    whole = painter.paint(photo)[:64, :64].astype(int)
    crop = painter.paint(photo[:96, :96], unit=128 / 512)[:64, :64].astype(int)
    assert np.abs(whole - crop).mean() < 0.5


def test_large_pictures_keep_their_size():
    photo = cv2.resize(_scene(), (1600, 1200), interpolation=cv2.INTER_LINEAR)
    assert Painter(lift=5.0).paint(photo).shape == photo.shape


def test_flattening_removes_grain_and_texture_brings_detail_back():
    photo = _scene()
    flat = Painter(smoothing=0.3, brush_radius=6.0)
    textured = dataclasses.replace(flat, texture=1.0)
    detail = [
        cv2.Laplacian(p.paint(photo)[56:84].astype(np.float32), cv2.CV_32F).std()
        for p in (Painter(), textured, flat)
    ]
    assert detail[0] > detail[1] > detail[2]


def test_tone_curve_is_followed():
    # L 50 is level 119; the curve gives 55, level 132.
    photo = np.full((16, 16, 3), 119, np.uint8)
    painted = Painter(tone_match=1.0, palette=PALETTE).paint(photo)
    np.testing.assert_allclose(painted, 132, atol=1)


def test_steps_gather_lightnesses():
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    ramp = np.repeat(ramp, 8, axis=0)
    counts = np.bincount(Painter(tone_steps=1.0, tone_levels=4).paint(ramp)[0, :, 0])
    assert np.sort(counts)[-5:].sum() > 80


def test_paper_and_shadows_take_the_tints():
    photo = np.zeros((16, 32, 3), np.uint8)
    photo[:, 16:] = 250
    painted = Painter(tint_match=1.0, palette=PALETTE).paint(photo).astype(int)
    assert painted[8, 4, 2] > painted[8, 4, 0]
    assert painted[8, 24, 0] > painted[8, 24, 2] + 15


def test_hues_go_to_the_dyes_and_chroma_below_their_limit():
    photo = np.full((16, 16, 3), (60, 60, 230), np.uint8)
    painter = Painter(hue_match=1.0, chroma_match=1.0, palette=PALETTE)
    lab = cv2.cvtColor(
        painter.paint(photo).astype(np.float32) / 255, cv2.COLOR_RGB2Lab
    )[8, 8]
    # Pure blue has hue 300: the dye at 260 with limit 30 is near, that at 30 is not.
    assert np.hypot(lab[1], lab[2]) < 33
    assert np.degrees(np.arctan2(lab[2], lab[1])) % 360 == pytest.approx(262, abs=8)


def test_daubs_are_strokes_of_one_color():
    photo = np.full((128, 128, 3), (90, 140, 200), np.uint8)
    painted = Painter(daubs=1.0, daub_variation=1.0, daub_width=8.0).paint(photo)
    assert 2.0 < painted.std(axis=(0, 1)).mean() < 40.0
    np.testing.assert_allclose(painted.mean(axis=(0, 1)), (90, 140, 200), atol=12)


def test_presets_differ():
    painted = [painter.paint(_scene()).astype(float) for painter in PAINTERS.values()]
    for index, one in enumerate(painted):
        for other in painted[:index]:
            assert np.abs(one - other).mean() > 1.0


def test_ink_is_black_and_white():
    drawn = PAINTERS["ink"].paint(_scene())
    assert np.all(drawn == drawn[..., :1])


def test_every_number_is_limited_and_documented():
    numbers = {f.name for f in dataclasses.fields(Painter)} - {"palette"}
    assert numbers == set(RANGES)
    for name in numbers:
        assert f"        {name}: " in Painter.__doc__


@pytest.mark.parametrize("name", RANGES)
def test_a_number_out_of_range_is_refused_by_its_name(name):
    default = getattr(Painter(), name)
    value = RANGES[name][1] + 1
    value = (value,) * len(default) if isinstance(default, tuple) else value
    with pytest.raises(ValueError, match=f"`{name}` must be "):
        Painter(**{name: value})


def test_a_number_that_is_none_is_refused():
    with pytest.raises(ValueError, match="`texture` must be in"):
        Painter(texture=float("nan"))


def test_a_pair_of_wrong_length_is_refused():
    with pytest.raises(ValueError, match="`light_tint`"):
        Painter(light_tint=(1.0,))


@pytest.mark.parametrize(
    "photo",
    [
        np.zeros((8, 8, 3), np.float32),
        np.zeros((8, 8), np.uint8),
        np.zeros((0, 8, 3), np.uint8),
    ],
)
def test_what_is_no_photo_is_refused(photo):
    with pytest.raises(ValueError, match="`photo` must"):
        PAINTERS["soft"].paint(photo)


def test_unit_must_be_positive():
    with pytest.raises(ValueError, match="`unit` must be positive"):
        Painter().paint(_scene(), unit=0.0)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"tone_curve": (0.0, 1.0)}, "tone_curve"),
        ({"tone_curve": tuple(range(100, -1, -10))}, "tone_curve"),
        ({"tints": ()}, "tints"),
        ({"dyes": ((1.0, 2.0),)}, "dyes"),
    ],
)
def test_palettes_of_another_form_are_refused(change, name):
    with pytest.raises(ValueError, match=f"`{name}` must"):
        dataclasses.replace(PALETTE, **change)


@pytest.mark.parametrize("name", PAINTERS)
def test_a_painter_survives_json(name):
    painter = PAINTERS[name]
    text = json.dumps(painter.to_dict())
    again = Painter.from_dict(json.loads(text))
    assert again == painter
    assert again.fingerprint() == painter.fingerprint()


def test_unknown_fields_are_refused():
    with pytest.raises(ValueError, match="brush_raduis"):
        Painter.from_dict({"brush_raduis": 2.0})


def test_fingerprint_changes_with_any_number():
    prints = {Painter(palette=PALETTE).fingerprint(), Painter().fingerprint()}
    prints |= {Painter(line_length=13.0).fingerprint()}
    assert len(prints) == 3


def test_kuwahara_calms_areas_and_keeps_the_step_between_them():
    image = np.full((48, 64, 3), 0.35, np.float32)
    image[:, 32:] = 0.7
    image += np.random.default_rng(0).normal(0.0, 0.02, image.shape).astype(np.float32)
    smooth = kuwahara(image, 4.0)
    assert smooth[8:40, 8:24].std() < 0.5 * image[8:40, 8:24].std()
    # A blur of this radius would spread the step over about eight columns.
    step = smooth[8:40, :, 0].mean(axis=0)
    assert step[34] - step[29] > 0.9 * (step[50] - step[10])


@pytest.mark.parametrize("level", [40, 150])
def test_hatching_on_a_grid_repeats_and_is_denser_in_the_dark(level):
    photo = np.full((64, 64, 3), level, np.uint8)
    painter = Painter(hatching=1.0, hatch_grid=8, line_color=(0.0, 0.0, 0.0))
    drawn = painter.paint(photo)
    np.testing.assert_array_equal(drawn[:, :-8], drawn[:, 8:])
    np.testing.assert_array_equal(drawn[:-8], drawn[8:])
    # Strokes rise to the right; across them others are in the shadows alone.
    same = np.array_equal(drawn[:-1, 1:], drawn[1:, :-1])
    assert same == (level == 150)
    lighter = painter.paint(np.full_like(photo, level + 60))
    assert drawn.mean() + 20 < lighter.mean()


def test_hatching_on_a_grid_leaves_light_tones_blank():
    photo = np.full((32, 32, 3), 235, np.uint8)
    drawn = Painter(hatching=1.0, hatch_grid=8).paint(photo)
    np.testing.assert_array_equal(drawn, 255)


def test_kuwahara_keeps_an_even_image():
    image = np.full((20, 20, 3), 0.4, np.float32)
    np.testing.assert_allclose(kuwahara(image, 2.5), image, atol=1e-5)


def test_hatching_covers_dark_areas_more_than_light_ones():
    photo = np.full((96, 96, 3), 60, np.uint8)
    photo[:, 48:] = 190
    drawn = Painter(hatching=1.0, line_color=(0.0, 0.0, 0.0)).paint(photo)
    assert drawn[:, :40].mean() + 60 < drawn[:, 56:].mean()
    assert drawn.min() < 40
    assert drawn.max() > 220
