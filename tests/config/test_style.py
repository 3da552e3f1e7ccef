import pytest

from animegan_tf.config import StyleConfig, TrainingConfig, from_dict


@pytest.mark.parametrize("name", ["ink", "Ink-2", "pen_and_ink"])
def test_names_of_letters_digits_and_dashes_will_do(name):
    assert StyleConfig(name, "pictures").name == name


@pytest.mark.parametrize("name", ["", "-", "a b", "a/b", "../a", "a.keras"])
def test_names_that_could_be_paths_are_refused(name):
    with pytest.raises(ValueError, match="`name` must be letters, digits, - and _"):
        StyleConfig(name, "pictures")


def test_a_style_without_pictures_is_refused():
    with pytest.raises(ValueError, match="StyleConfig must have name, pictures"):
        from_dict(TrainingConfig, {"styles": [{"name": "ink"}]})
