import io

import keras
import numpy as np
import pytest
from PIL import Image

from animegan_tf.imaging.writing import write_image
from animegan_tf.inference.stylizer import Stylizer
from animegan_tf.models.generators import build_generator

SIZES = [(1, 1), (1, 7), (7, 1), (2, 3), (33, 65), (64, 64), (65, 130)]


def random_image(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("size", SIZES)
def test_identity_generator_returns_the_image(identity_generator, size):
    image = random_image(*size, 3)
    assert np.array_equal(Stylizer(identity_generator)(image), image)


@pytest.fixture(scope="module")
def small_stylizer():
    keras.utils.set_random_seed(0)
    options = {"width": 4, "body_width": 4, "num_blocks": 1, "head_width": 4}
    return Stylizer(build_generator("anime", **options))


@pytest.mark.parametrize("size", SIZES)
def test_generator_keeps_the_size(small_stylizer, size):
    stylized = small_stylizer(random_image(*size, 3))
    assert stylized.shape == (*size, 3)
    assert stylized.dtype == np.uint8


@pytest.fixture(scope="module")
def deep_unet():
    generator = build_generator(
        "unet", width=1, num_downsamples=8, normalization="instance"
    )
    return Stylizer(generator)


@pytest.mark.parametrize("size", [(100, 75), (300, 411)])
def test_generator_with_many_downsamplings_accepts_every_size(deep_unet, size):
    assert deep_unet(random_image(*size, 3)).shape == (*size, 3)


def test_negative_generator_returns_255_minus_the_image(negative_generator, photo):
    assert np.array_equal(Stylizer(negative_generator)(photo), 255 - photo)


def test_one_trace_serves_every_size(identity_generator):
    stylizer = Stylizer(identity_generator)
    for size in SIZES:
        stylizer(random_image(*size, 3))
    stylizer(random_image(2, 8, 8, 3))
    assert stylizer._engine.num_traces == 1


def test_result_is_reproducible(small_stylizer, photo):
    assert np.array_equal(small_stylizer(photo), small_stylizer(photo))


def test_batch_equals_its_images(negative_generator):
    stylizer = Stylizer(negative_generator)
    batch = random_image(3, 9, 11, 3)
    assert np.array_equal(
        stylizer(batch), np.stack([stylizer(image) for image in batch])
    )


@pytest.mark.parametrize("shape", [(5, 6), (5, 6, 1)])
def test_gray_equals_its_rgb(negative_generator, shape):
    gray = random_image(*shape)
    rgb = np.repeat(gray.reshape(5, 6, 1), 3, axis=-1)
    stylizer = Stylizer(negative_generator)
    assert np.array_equal(stylizer(gray), stylizer(rgb))


def test_rgba_is_blended_with_white(identity_generator):
    # Half of 101/255 and half white: (0 + 255 * 154) / 255 = 154.
    pixels = [[[10, 20, 30, 255], [10, 20, 30, 0], [0, 0, 0, 101]]]
    stylized = Stylizer(identity_generator)(np.array(pixels, dtype=np.uint8))
    assert stylized.tolist() == [[[10, 20, 30], [255, 255, 255], [154, 154, 154]]]


def test_rgba_array_equals_its_pillow_image(identity_generator):
    pixels = random_image(20, 20, 4)
    stylizer = Stylizer(identity_generator)
    from_pillow = np.asarray(stylizer(Image.fromarray(pixels)))
    assert np.abs(stylizer(pixels).astype(int) - from_pillow).max() <= 1


def test_pillow_image_returns_one(negative_generator, photo):
    stylized = Stylizer(negative_generator)(Image.fromarray(photo))
    assert isinstance(stylized, Image.Image)
    assert stylized.mode == "RGB"
    assert np.array_equal(np.asarray(stylized), 255 - photo)


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_path_returns_an_array(negative_generator, photo, tmp_path, kind):
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
def test_argument_that_is_not_an_image_is_refused(identity_generator, image, message):
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


def test_preset_equals_its_saved_generator(style, photo, tmp_path):
    stylizer = Stylizer.from_preset(style)
    stylizer.generator.save(tmp_path / "generator.keras")
    saved = Stylizer.from_preset(tmp_path)(photo)
    # The engines round differently.
    assert np.abs(saved.astype(int) - stylizer(photo)).max() <= 1


def test_files_of_models_are_loaded(negative_generator, photo, tmp_path):
    for name in ("model.keras", "model.h5"):
        negative_generator.save(tmp_path / name)
        stylizer = Stylizer.from_preset(str(tmp_path / name))
        assert np.array_equal(stylizer(photo), 255 - photo)


def test_unknown_style_lists_the_known(style):
    with pytest.raises(ValueError, match="Unknown style 'no-such'.*tiny"):
        Stylizer.from_preset("no-such")


def test_run_folder_without_generator_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="has no generator"):
        Stylizer.from_preset(tmp_path)


@pytest.mark.parametrize("name", ["gone/run", "gone.keras", "gone.h5"])
def test_missing_path_is_named(tmp_path, name):
    with pytest.raises(FileNotFoundError, match=f"No such run folder.*{name}"):
        Stylizer.from_preset(tmp_path / name)


def test_file_that_is_not_a_model_is_named(tmp_path):
    for name, message in [
        ("notes.txt", "Not a run folder"),
        ("model.keras", "Not a model"),
    ]:
        path = tmp_path / name
        path.write_text("nothing")
        with pytest.raises(ValueError, match=f"{message}.*{name}") as raised:
            Stylizer.from_preset(path)
        assert "\n" not in str(raised.value)


def test_convolutions_declared_for_one_size_take_any(photo, caplog):
    keras.utils.set_random_seed(0)
    convolution = keras.layers.Conv2D(3, 3, padding="same")
    fixed = keras.Sequential([keras.Input((16, 16, 3)), convolution])
    images = keras.Input((None, None, 3))
    free = keras.Model(images, convolution(images))
    assert np.array_equal(Stylizer(fixed)(photo), Stylizer(free)(photo))
    assert caplog.text == ""


def build_dense(size):
    """A generator whose result is 255 minus its input, for images of one size alone."""
    images = keras.Input((size, size, 3))
    count = size * size * 3
    dense = keras.layers.Dense(count, use_bias=False)
    x = dense(keras.layers.Reshape((count,))(images))
    dense.set_weights([-np.eye(count, dtype="float32")])
    return keras.Model(images, keras.layers.Reshape((size, size, 3))(x), name="dense")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_images_are_resized_to_the_only_size_a_generator_takes(caplog, dtype):
    stylizer = Stylizer(build_dense(8))
    top = np.iinfo(dtype).max
    exact = np.random.default_rng(0).integers(0, top, (2, 8, 8, 3), dtype=dtype)
    assert np.array_equal(stylizer(exact), top - exact)
    assert caplog.text == ""
    flat = np.full((33, 20, 3), 100, dtype)
    for _ in range(2):
        assert np.array_equal(stylizer(flat), top - flat)
    assert caplog.text.count("dense takes images of 8x8 pixels only") == 1
    with pytest.raises(ValueError, match="8x8 pixels only"):
        Stylizer(build_dense(8), tile=64)


def test_constants_of_one_size_make_the_size_fixed():
    images = keras.Input((8, 8, 3))
    # A broadcast along one axis that works for other sizes as well.
    vignette = keras.ops.linspace(0.0, 1.0, 8)[:, None, None]
    stylizer = Stylizer(keras.Model(images, images * vignette))
    assert stylizer(np.zeros((16, 8, 3), np.uint8)).shape == (16, 8, 3)


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.convolution = keras.layers.Conv2D(3, 1, use_bias=False)

    def call(self, images, training=False):
        return self.convolution(images)


def test_subclassed_generator_must_be_built(photo):
    generator = Subclassed()
    with pytest.raises(ValueError, match="`generator` must be built"):
        Stylizer(generator)
    generator(np.zeros((1, 8, 8, 3), np.float32))
    generator.set_weights([-np.eye(3, dtype="float32")[None, None]])
    assert np.array_equal(Stylizer(generator)(photo), 255 - photo)
    with pytest.raises(ValueError, match="`precision` must be 'float32'"):
        Stylizer(generator, precision="float16")


def test_generator_of_noise_is_refused():
    noise = keras.Input((100,))
    with pytest.raises(ValueError, match=r"must accept images.*\(None, 100\)"):
        Stylizer(keras.Model(noise, keras.layers.Dense(4)(noise)))


def test_files_may_be_paths_bytes_or_open(tmp_path, negative_generator, photo):
    path = write_image(photo, tmp_path / "photo.png")
    stylizer = Stylizer(negative_generator)
    data = path.read_bytes()
    with open(path, "rb") as file:
        sources = [path, str(path), data, bytearray(data), io.BytesIO(data), file]
        for source, result in stylizer.stylize_many(sources):
            assert np.array_equal(result, 255 - photo), source
        # The file is still the caller's.
        assert not file.closed
    with open(path, encoding="latin-1") as file:
        with pytest.raises(ValueError, match="open for reading bytes"):
            stylizer(file)
    for broken in (b"", b"text", data[:60]):
        with pytest.raises(ValueError, match="<bytes>"):
            stylizer(broken)


def test_generator_that_changes_the_size_is_refused(photo):
    images = keras.Input((None, None, 3))
    generator = keras.Model(images, keras.layers.AveragePooling2D(2)(images))
    with pytest.raises(ValueError, match="its input's shape"):
        Stylizer(generator)(photo)


def test_half_precision_is_close_to_float32(small_stylizer, photo):
    exact = small_stylizer
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


def test_many_images_are_returned_in_order_with_errors_in_place(
    tmp_path, negative_generator
):
    stylizer = Stylizer(negative_generator)
    images = [random_image(9, 20 + n, 3) for n in range(3)]
    results = list(stylizer.stylize_many([*images, tmp_path / "gone.png"]))
    for (source, result), image in zip(results[:3], images, strict=True):
        assert source is image
        assert np.array_equal(result, 255 - image)
    assert isinstance(results[3][1], FileNotFoundError)


def test_many_images_are_written_in_order(tmp_path, negative_generator, photo):
    path = write_image(photo, tmp_path / "photo.png")
    written = []

    def write(source, result):
        written.append((source, result))
        return len(written)

    stylizer = Stylizer(negative_generator)
    assert list(stylizer.stylize_many([path, photo], write=write)) == [
        (path, 1),
        (photo, 2),
    ]
    for _, result in written:
        assert np.array_equal(result, 255 - photo)
