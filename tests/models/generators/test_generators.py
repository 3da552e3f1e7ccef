import keras
import pytest

from animegan_tf.models.generators import GENERATORS, build_generator


@pytest.mark.parametrize("name", GENERATORS)
def test_every_name_builds_by_itself(name):
    generator = build_generator(name)
    assert len(generator.inputs) == len(generator.outputs) == 1
    assert generator.output_shape[-1] == 3
    assert keras.backend.standardize_dtype(generator.outputs[0].dtype) == "float32"


@pytest.mark.parametrize("name", sorted(set(GENERATORS) - {"dcgan"}))
def test_every_generator_of_photos_takes_any_size(name):
    assert build_generator(name).input_shape == (None, None, None, 3)
