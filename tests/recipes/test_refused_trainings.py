import dataclasses

import pytest

from animegan_tf.recipes.runner import default_config, train
from animegan_tf.utils.folder_lock import FolderLock


@pytest.mark.parametrize("resume", [False, True])
def test_second_training_in_a_folder_is_refused_while_the_first_runs(
    make_config, run_training, tmp_path, resume
):
    lock = FolderLock(tmp_path / "run")
    assert lock.acquire()
    with pytest.raises(FileExistsError, match="Another training is running in .*run"):
        run_training(make_config("pix2pix"), resume=resume)
    assert [path.name for path in (tmp_path / "run").iterdir()] == [".lock"]
    lock.release()


@pytest.mark.parametrize("recipe", ["anime", "cut", "cyclegan", "pix2pix", "restore"])
def test_generator_of_noise_is_refused_where_photos_are_translated(
    make_config, run_training, tmp_path, recipe
):
    options = {"latent_dim": 4, "image_size": 16, "width": 4}
    config = make_config(recipe, generator="dcgan", generator_options=options)
    message = f"`generator` must take images in the recipe {recipe}.*'dcgan'"
    with pytest.raises(ValueError, match=message):
        run_training(config)
    assert not (tmp_path / "run" / "config.json").exists()


def test_critic_with_batch_normalization_is_refused_with_a_gradient_penalty(
    make_config, run_training, tmp_path
):
    config = make_config(
        "wgan_gp", discriminator="dcgan", discriminator_options={"width": 4}
    )
    with pytest.raises(ValueError, match="no batch normalization with a gradient pen"):
        run_training(config)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("config", [None, "anime", {"recipe": "anime"}])
def test_what_is_no_settings_is_refused(config, tmp_path):
    with pytest.raises(ValueError, match="`config` must be settings of a recipe"):
        train(config, tmp_path / "run")


@pytest.mark.parametrize("run", [None, 3])
def test_what_is_no_folder_is_refused(run):
    with pytest.raises(ValueError, match="`run` must be a path"):
        train(default_config("pix2pix"), run)


@pytest.mark.parametrize("recipe", [None, 3, []])
def test_what_is_no_recipe_is_refused(recipe):
    with pytest.raises(ValueError, match="`recipe` must be one of"):
        default_config(recipe)


@pytest.mark.parametrize("rate", [float("nan"), -1.0, 0.0, "fast", None])
def test_impossible_learning_rates_are_refused(rate):
    with pytest.raises(ValueError, match="`generator_learning_rate` must be"):
        dataclasses.replace(default_config("pix2pix"), generator_learning_rate=rate)
