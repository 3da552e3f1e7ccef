import subprocess
import sys

import keras
import numpy as np
import pytest

from animegan_tf.inference.stylizer import Stylizer
from animegan_tf.models.generators import build_generator
from animegan_tf.training.arrays.gan_model import compile_gan
from animegan_tf.transfer.style_transfer import style_transfer

TINY = {"width": 4, "body_width": 4, "num_blocks": 1, "head_width": 4}
CODE = """
import sys
{imports}
for path in sys.argv[1:]:
    print(type(keras.models.load_model(path)).__name__)
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A network of our own layers in both formats, and a GAN."""
    folder = tmp_path_factory.mktemp("models")
    generator = build_generator("anime", **TINY)
    paths = [folder / "generator.keras", folder / "generator.h5", folder / "gan.keras"]
    for path in paths[:2]:
        generator.save(path)
    networks = [
        keras.Sequential([keras.Input(shape), keras.layers.Dense(3)])
        for shape in ((4,), (3,))
    ]
    gan = keras.Sequential(networks)
    compile_gan(*networks, gan).save(paths[2])
    return paths


@pytest.mark.slow
@pytest.mark.parametrize(
    "imports",
    [
        "import animegan_tf, keras",
        "import keras, animegan_tf",
        # The package itself is the first to import Keras.
        "import animegan_tf; animegan_tf.Stylizer; import keras",
        "import animegan_tf.training.optimizers; import animegan_tf, keras\n"
        "animegan_tf.build_gan",
    ],
)
def test_keras_loads_our_networks_once_the_package_is_imported(files, imports):
    code = CODE.format(imports=imports)
    result = subprocess.run(
        [sys.executable, "-c", code, *map(str, files)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.stdout.split() == ["Functional", "Functional", "GAN"], result.stderr


@pytest.mark.slow
def test_files_of_train_gan_in_h5_are_used_to_stylize(tmp_path, photo):
    import animegan_tf

    images = keras.Input((32, 32, 3))
    convolution = keras.layers.Conv2D(3, 3, padding="same", activation="tanh")
    generator = keras.Model(images, convolution(images))
    discriminator = keras.Sequential(
        [keras.Input((32, 32, 3)), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    data = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    animegan_tf.train_gan(
        generator,
        discriminator,
        animegan_tf.build_gan(generator, discriminator),
        data,
        data,
        epochs=1,
        save_format="h5",
        output_dir=tmp_path,
        progress=False,
    )
    path = tmp_path / "generator_epoch_0.h5"
    expected = Stylizer(generator)(photo)
    assert np.array_equal(Stylizer.from_preset(path)(photo), expected)
    result = style_transfer(photo, photo, str(path), palette=0.0)
    assert np.array_equal(result, expected)
