"""Restoration: exact outside of holes, nearer to the original, of any size and kind."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

import animegan_tf
from animegan_tf.imaging.exposure import brighten
from animegan_tf.imaging.holes import fill_holes
from animegan_tf.presets import RESTORATION_FOLDER


@pytest.fixture(scope="module")
def scene():
    """Smooth colors with edges, 90x120."""
    rows, columns = np.mgrid[0:90, 0:120]
    image = np.stack([rows * 1.5 + 60, columns + 70, 160 - rows + 0 * columns], -1)
    image[20:60, 30:80] = 230 - 0.7 * image[20:60, 30:80]
    image[np.hypot(rows - 60, columns - 95) < 18] = (200, 60, 50)
    return np.clip(image, 20, 235).astype(np.uint8)


@pytest.fixture
def mask():
    mask = np.zeros((90, 120), bool)
    mask[10:18, 5:115] = True
    mask[55:70, 70:85] = True
    return mask


def psnr(image, other):
    error = np.mean(np.square(image.astype(float) - other))
    return 10 * np.log10(255**2 / error)


@pytest.mark.parametrize("deviation", [8, 18])
def test_noise_is_removed(scene, deviation):
    noise = np.random.default_rng(0).normal(0, deviation, scene.shape)
    noisy = np.clip(scene + noise, 0, 255).astype(np.uint8)
    assert psnr(animegan_tf.restore(noisy), scene) > psnr(noisy, scene) + 3


def test_compression_is_undone_in_part(scene):
    file = io.BytesIO()
    Image.fromarray(scene).save(file, "JPEG", quality=20)
    compressed = np.asarray(Image.open(file))
    restored = animegan_tf.restore(file.getvalue())
    assert psnr(restored, scene) > psnr(compressed, scene)


def test_holes_are_filled_and_all_other_pixels_stay_exactly(scene, mask):
    damaged = np.where(mask[..., None], 255, scene).astype(np.uint8)
    restored = animegan_tf.restore(damaged, mask=mask)
    assert np.array_equal(restored[~mask], scene[~mask])
    assert psnr(restored[mask], scene[mask]) > 27


def test_the_network_sees_the_filled_image(identity_run, scene, mask):
    filled = fill_holes(scene, mask)
    for strength in (None, 1.0):
        restored = animegan_tf.restore(
            scene, mask=mask, strength=strength, network=identity_run
        )
        assert np.array_equal(restored, filled)


def test_strength_blends_outside_the_holes(scene, mask):
    noise = np.random.default_rng(0).normal(0, 15, scene.shape)
    noisy = np.clip(scene + noise, 0, 255).astype(np.uint8)
    whole = animegan_tf.restore(noisy, mask=mask, strength=1.0)
    half = animegan_tf.restore(noisy, mask=mask, strength=0.5)
    assert np.array_equal(half[mask], whole[mask])
    middle = (noisy[~mask].astype(float) + whole[~mask]) / 2
    assert np.abs(half[~mask] - middle).max() <= 1
    assert np.array_equal(animegan_tf.restore(noisy, strength=0.0), noisy)


def test_brightening_is_the_curve_before_the_network(identity_run, scene):
    dark = scene // 4
    bright = animegan_tf.restore(dark, brighten=4.0, network=identity_run)
    assert np.array_equal(bright, brighten(dark, 4.0))


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (17, 1), (31, 33)])
def test_every_size_is_kept(scene, size):
    image = scene[: size[0], : size[1]]
    assert animegan_tf.restore(image).shape == image.shape
    everything = np.ones(size, bool)
    assert animegan_tf.restore(image, mask=everything).shape == image.shape


@pytest.mark.slow
def test_tiles_make_the_same_image(scene, mask):
    image = np.tile(scene, (4, 4, 1))
    mask = np.tile(mask, (4, 4))
    whole = animegan_tf.restore(image, mask=mask, strength=1.0, tile=None)
    tiled = animegan_tf.restore(image, mask=mask, strength=1.0, tile=64)
    assert np.abs(whole.astype(int) - tiled).max() <= 1


def test_alpha_is_kept(scene, identity_run):
    alpha = np.linspace(0, 255, 90 * 120).reshape(90, 120, 1).astype(np.uint8)
    image = np.concatenate([scene, alpha], axis=2)
    restored = animegan_tf.restore(image, network=identity_run)
    assert np.array_equal(restored[..., 3:], alpha)
    picture = animegan_tf.restore(Image.fromarray(image), network=identity_run)
    assert picture.mode == "RGBA"
    assert np.array_equal(np.asarray(picture), restored)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_gray_images_become_rgb_of_their_dtype(scene, identity_run, dtype):
    gray = scene[..., 0].astype(dtype)
    restored = animegan_tf.restore(gray, network=identity_run)
    assert restored.dtype == dtype
    assert np.array_equal(restored, np.stack([gray] * 3, -1))


def test_a_gray_image_gets_no_tint(scene, mask):
    gray = np.repeat(scene[..., 1:2], 3, axis=2)
    restored = animegan_tf.restore(gray, mask=mask, strength=1.0)
    assert (restored == restored[..., :1]).all()
    assert (restored != gray).any()


def test_files_and_bytes_give_the_same(scene, mask, identity_run, tmp_path):
    Image.fromarray(scene).save(tmp_path / "image.png")
    Image.fromarray(np.uint8(255 * mask)).save(tmp_path / "mask.png")
    expected = animegan_tf.restore(scene, mask=mask, network=identity_run)
    for image in (tmp_path / "image.png", (tmp_path / "image.png").read_bytes()):
        for holes in (tmp_path / "mask.png", Image.open(tmp_path / "mask.png")):
            restored = animegan_tf.restore(image, mask=holes, network=identity_run)
            assert np.array_equal(restored, expected)


def test_a_color_profile_is_converted_to_srgb(scene, identity_run):
    file = io.BytesIO()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    Image.fromarray(scene).save(file, "PNG", icc_profile=profile.tobytes())
    restored = animegan_tf.restore(file.getvalue(), network=identity_run)
    assert np.abs(restored.astype(int) - scene).max() <= 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mask": np.ones((90, 119), bool)}, "`mask` must have the size .* 120x90"),
        ({"mask": np.ones((90, 120), float)}, "`mask` must be a boolean or uint8"),
        ({"strength": 1.5}, r"`strength` must be in \[0, 1\]"),
        ({"brighten": 0.5}, r"`brighten` must be in \[1, 32\]"),
        ({"network": 3}, "`network` must be a path"),
        ({"tile": 0}, "`tile` must be"),
    ],
)
def test_impossible_arguments_are_refused(scene, options, message):
    with pytest.raises(ValueError, match=message):
        animegan_tf.restore(scene, **options)


@pytest.mark.parametrize(
    "image", [np.zeros((4, 4, 2), np.uint8), np.zeros((4, 4, 3)), np.uint8(3), None]
)
def test_what_is_no_image_is_refused(image, identity_run):
    with pytest.raises(ValueError, match="`image` must be a uint8 or uint16 array"):
        animegan_tf.restore(image, network=identity_run)


def test_the_bundled_network_is_small():
    assert (RESTORATION_FOLDER / "generator.npz").stat().st_size < 1.3e6
