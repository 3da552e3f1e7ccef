import keras
import numpy as np
import pytest
from PIL import Image

from animegan_tf.imaging.writing import write_image
from animegan_tf.inference.stylizer import Stylizer
from animegan_tf.models.generators import build_generator

SIZES = [(1, 1), (1, 7), (7, 1), (2, 3), (33, 65), (64, 64), (65, 130)]


def random_picture(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("size", SIZES)
def test_identity_network_gives_back_the_picture(identity_generator, size):
    picture = random_picture(*size, 3)
    assert np.array_equal(Stylizer(identity_generator)(picture), picture)


@pytest.mark.parametrize("size", SIZES)
def test_real_network_keeps_the_size(style, size):
    stylized = Stylizer.from_preset(style)(random_picture(*size, 3))
    assert stylized.shape == (*size, 3)
    assert stylized.dtype == np.uint8


@pytest.mark.parametrize("size", [(100, 75), (300, 411)])
def test_network_of_many_halvings_takes_every_size(tmp_path, size):
    generator = build_generator(
        "unet", width=1, num_downsamples=8, normalization="instance"
    )
    generator.save(tmp_path / "generator.keras")
    stylizer = Stylizer.from_preset(tmp_path)
    assert stylizer(random_picture(*size, 3)).shape == (*size, 3)


def test_negative_network_gives_255_minus_the_picture(negative_generator, photo):
    assert np.array_equal(Stylizer(negative_generator)(photo), 255 - photo)


def test_one_trace_serves_every_size(identity_generator):
    stylizer = Stylizer(identity_generator)
    for size in SIZES:
        stylizer(random_picture(*size, 3))
    stylizer(random_picture(2, 8, 8, 3))
    assert stylizer._run.num_traces == 1


def test_same_picture_comes_out_the_same(style, photo):
    stylizer = Stylizer.from_preset(style)
    assert np.array_equal(stylizer(photo), stylizer(photo))


def test_batch_equals_its_pictures(negative_generator):
    stylizer = Stylizer(negative_generator)
    batch = random_picture(3, 9, 11, 3)
    assert np.array_equal(stylizer(batch), np.stack([stylizer(p) for p in batch]))


@pytest.mark.parametrize("shape", [(5, 6), (5, 6, 1)])
def test_grey_equals_its_rgb(negative_generator, shape):
    grey = random_picture(*shape)
    rgb = np.repeat(grey.reshape(5, 6, 1), 3, axis=-1)
    stylizer = Stylizer(negative_generator)
    assert np.array_equal(stylizer(grey), stylizer(rgb))


def test_rgba_is_laid_on_white(identity_generator):
    # Half of 101/255 and half white: (0 + 255 * 154) / 255 = 154.
    pixels = [[[10, 20, 30, 255], [10, 20, 30, 0], [0, 0, 0, 101]]]
    stylized = Stylizer(identity_generator)(np.array(pixels, dtype=np.uint8))
    assert stylized.tolist() == [[[10, 20, 30], [255, 255, 255], [154, 154, 154]]]


def test_rgba_array_equals_its_pillow_image(identity_generator):
    pixels = random_picture(20, 20, 4)
    stylizer = Stylizer(identity_generator)
    from_pillow = np.asarray(stylizer(Image.fromarray(pixels)))
    assert np.abs(stylizer(pixels).astype(int) - from_pillow).max() <= 1


def test_pillow_image_comes_out_as_one(negative_generator, photo):
    stylized = Stylizer(negative_generator)(Image.fromarray(photo))
    assert isinstance(stylized, Image.Image)
    assert stylized.mode == "RGB"
    assert np.array_equal(np.asarray(stylized), 255 - photo)


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_path_comes_out_as_array(negative_generator, photo, tmp_path, kind):
    path = write_image(photo, tmp_path / "photo.png")
    assert np.array_equal(Stylizer(negative_generator)(kind(path)), 255 - photo)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((4, 4, 3), dtype="float32"), "must be uint8.*float32"),
        (np.zeros((4, 4, 3), dtype="int64"), "must be uint8.*int64"),
        (np.zeros((4, 4, 3), dtype=bool), "must be uint8.*bool"),
        (np.zeros((0, 4, 3), dtype="uint8"), "at least one pixel"),
        (np.zeros((0, 4, 4, 3), dtype="uint8"), "at least one pixel"),
        (np.zeros((0, 0), dtype="uint8"), "at least one pixel"),
        (np.zeros((4, 4, 2), dtype="uint8"), r"shape.*\(4, 4, 2\)"),
        (np.zeros((4,), dtype="uint8"), r"shape.*\(4,\)"),
        (Image.new("RGB", (0, 4)), "at least one pixel"),
        (None, "must be uint8.*object"),
    ],
)
def test_what_is_no_picture_is_refused(identity_generator, image, message):
    with pytest.raises(ValueError, match=message) as raised:
        Stylizer(identity_generator)(image)
    assert "\n" not in str(raised.value)


def test_missing_and_damaged_files_are_named(identity_generator, photo, tmp_path):
    stylizer = Stylizer(identity_generator)
    with pytest.raises(FileNotFoundError, match=r"gone\.jpg"):
        stylizer(tmp_path / "gone.jpg")
    path = write_image(photo, tmp_path / "photo.jpg")
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(ValueError, match=r"photo\.jpg"):
        stylizer(path)


def test_preset_equals_its_saved_network(style, photo, tmp_path):
    stylizer = Stylizer.from_preset(style)
    stylizer.generator.save(tmp_path / "generator.keras")
    expected = stylizer(photo)
    for path in (tmp_path, tmp_path / "generator.keras", str(tmp_path)):
        assert np.array_equal(Stylizer.from_preset(path)(photo), expected)


def test_unknown_style_lists_the_known(style):
    with pytest.raises(ValueError, match="Unknown style 'no-such'.*tiny"):
        Stylizer.from_preset("no-such")


def test_run_folder_without_generator_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"has no generator\.keras"):
        Stylizer.from_preset(tmp_path)


@pytest.mark.parametrize("name", ["gone/run", "gone.keras"])
def test_missing_path_is_named(tmp_path, name):
    with pytest.raises(FileNotFoundError, match=f"No such run folder.*{name}"):
        Stylizer.from_preset(tmp_path / name)


def test_file_that_is_no_network_is_named(tmp_path):
    for name, message in [
        ("notes.txt", "Not a run folder"),
        ("net.keras", "Not a net"),
    ]:
        path = tmp_path / name
        path.write_text("nothing")
        with pytest.raises(ValueError, match=f"{message}.*{name}") as raised:
            Stylizer.from_preset(path)
        assert "\n" not in str(raised.value)


def test_network_of_fixed_size_is_refused():
    generator = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(3, 1)])
    with pytest.raises(ValueError, match=r"any size.*\(None, 8, 8, 3\)"):
        Stylizer(generator)


def test_network_that_changes_the_size_is_refused(photo):
    images = keras.Input((None, None, 3))
    generator = keras.Model(images, keras.layers.AveragePooling2D(2)(images))
    with pytest.raises(ValueError, match="its input's shape"):
        Stylizer(generator)(photo)


def test_half_precision_is_near_float32(style, photo):
    exact = Stylizer.from_preset(style)
    before = [weight.numpy() for weight in exact.generator.weights]
    rounded = Stylizer(exact.generator, precision="bfloat16")
    difference = rounded(photo).astype(int) - exact(photo)
    assert np.abs(difference).mean() < 1.5
    assert np.abs(difference).max() > 0
    for weight, old in zip(rounded.generator.weights, before, strict=True):
        assert np.array_equal(weight.numpy(), old)


def test_arguments_out_of_range_are_refused(identity_generator):
    with pytest.raises(ValueError, match="`multiple` must be at least 1"):
        Stylizer(identity_generator, multiple=0)
    with pytest.raises(ValueError, match="`precision` must be one of.*'int8'"):
        Stylizer(identity_generator, precision="int8")
