import keras
import numpy as np
import pytest

from animegan_tf.imaging.reading import read_image
from animegan_tf.inference.loading import load_generator
from animegan_tf.models.generators import build_generator
from animegan_tf.recipes.unconditional import build, sample_latents
from animegan_tf.training.run_folder import RunFolder

KINDS = ("dcgan", "wgan", "wgan_gp")


@pytest.fixture
def make_training(make_config, tmp_path):
    """A function of a recipe and changes to its settings to the training."""

    def make(kind, **changes):
        return build(make_config(kind, **changes), RunFolder(tmp_path / "run"), False)

    return make


@pytest.mark.parametrize(
    "kind", ["dcgan", *(pytest.param(k, marks=pytest.mark.slow) for k in KINDS[1:])]
)
def test_resumed_training_equals_an_unbroken_one(
    kind, make_config, check_resumed, read_log
):
    # Batch normalization, dropout and the pool have states of their own.
    extra = {"pool_size": 5, "diff_augment": ("translation",), "instance_noise": 0.1}
    config = make_config(
        kind,
        steps=3,
        checkpoint_every=2,
        data={"batch_size": 4},
        critic_steps=2,
        regularization=extra if kind == "wgan_gp" else {},
    )
    run, _ = check_resumed(config)
    line = read_log(run)[2]
    assert {"adversarial", "discriminator", "diversity", "generator_norm"} <= set(line)
    # A Wasserstein critic cannot be too certain.
    assert ("separation" in line) == (kind == "dcgan")
    assert ("gradient_penalty" in line) == (kind == "wgan_gp")
    (line,) = read_log(run, "validation_real_logits")
    assert {"validation_discriminator", "validation_fake_logits"} <= set(line)
    assert all(np.isfinite(value) for value in line.values())
    # 64 images, eight in a row.
    sheet = read_image(run.path / "samples" / "step_000003.png")
    assert sheet.shape == (8 * 16, 8 * 16, 3)
    generator = load_generator(run.path)
    assert generator(np.zeros((1, 4), "float32")).shape == (1, 16, 16, 3)


@pytest.mark.parametrize("kind", KINDS)
def test_each_optimizer_moves_its_own_network_alone(
    kind, make_training, check_steps_apart
):
    training = make_training(kind, critic_steps=1, data={"batch_size": 4})
    batch = next(iter(training.build_dataset(0)))
    # From here on the weights are clipped already, where they are.
    training.program.update(batch, 0)
    owners = {name: {name} for name in ("generator", "discriminator")}
    check_steps_apart(training.program, batch, owners)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["dcgan", "wgan_gp"])
def test_mixed_precision_trains_and_saves_a_float32_generator(
    kind, make_config, run_training, read_log
):
    config = make_config(
        kind, steps=2, precision="mixed_bfloat16", data={"batch_size": 4}
    )
    run = run_training(config)
    line = read_log(run, "adversarial")[-1]
    assert all(np.isfinite(value) for value in line.values())
    assert line["generator_norm"] > 0.0
    kept = load_generator(run.path)
    assert {layer.compute_dtype for layer in kept.layers} == {"float32"}


def test_optimizers_are_those_of_the_papers(make_training):
    trainings = {kind: make_training(kind) for kind in KINDS}
    optimizers = {kind: t.program.optimizers for kind, t in trainings.items()}
    for kind, betas in (("dcgan", (0.5, 0.999)), ("wgan_gp", (0.0, 0.9))):
        for optimizer in optimizers[kind].values():
            assert (optimizer.beta_1, optimizer.beta_2) == betas
    for optimizer in optimizers["wgan"].values():
        assert isinstance(optimizer, keras.optimizers.RMSprop)
    # A penalty on each image's gradient means nothing across a batch.
    critic = trainings["wgan_gp"].program.networks["discriminator"]
    kinds = {type(layer).__name__ for layer in critic.layers}
    assert "BatchNormalization" not in kinds
    # The sheet shows the same latents whatever is trained.
    samples = [training.samples for training in trainings.values()]
    np.testing.assert_array_equal(samples[0], samples[1])
    assert samples[0].shape == (64, 4)
    assert len(np.unique(samples[0])) == samples[0].size


def test_learning_rates_reach_0_at_the_last_update_of_each_network(make_training):
    training = make_training(
        "wgan_gp",
        steps=10,
        learning_rate_decay="linear",
        learning_rate_decay_start=0.0,
    )
    for name, updates in (("generator", 10), ("discriminator", 50)):
        optimizer = training.program.optimizers[name]
        optimizer.iterations.assign(updates // 2)
        assert float(optimizer.learning_rate) == pytest.approx(0.5e-4)
        optimizer.iterations.assign(updates)
        assert float(optimizer.learning_rate) == 0.0


def test_critic_is_trained_on_new_images_five_times_a_step(make_training):
    training = make_training("wgan", data={"batch_size": 1})
    batch = next(iter(training.build_dataset(0)))
    assert batch["image"].shape == (5, 16, 16, 3)
    training.program.update(batch, 0)
    optimizers = training.program.optimizers
    assert int(optimizers["discriminator"].iterations) == 5
    assert int(optimizers["generator"].iterations) == 1
    weights = training.program.networks["discriminator"].trainable_variables
    assert max(np.abs(w.numpy()).max() for w in weights) == pytest.approx(0.01)


def test_generator_of_one_image_has_no_diversity(make_training):
    training = make_training("dcgan", data={"batch_size": 4})
    program, batch = training.program, next(iter(training.build_dataset(0)))
    assert float(program.update(batch, 0)["diversity"]) > 1e-3
    for variable in program.networks["generator"].trainable_variables:
        variable.assign(np.zeros(variable.shape))
    assert float(program.update(batch, 1)["diversity"]) < 1e-6


def test_latents_of_one_step_are_all_different():
    generator = build_generator("dcgan", latent_dim=4, image_size=16, width=4)
    latents = [sample_latents(generator, 2, 1, 5, t).numpy() for t in range(-3, 4)]
    assert len(np.unique(latents)) == np.size(latents)
    again = sample_latents(generator, 2, 1, 5, -3)
    np.testing.assert_array_equal(latents[0], again)


def test_discriminator_may_return_probabilities(make_training):
    training = make_training(
        "dcgan",
        data={"batch_size": 4},
        discriminator_options={"width": 4, "from_logits": False},
    )
    logs = training.program.update(next(iter(training.build_dataset(0))), 0)
    # An undecided sigmoid, 1/2, and twice its cross-entropy, log 2.
    assert float(logs["real_logits"]) == pytest.approx(0.5, abs=0.2)
    assert float(logs["discriminator"]) == pytest.approx(2 * np.log(2), abs=0.5)


def test_photos_stand_in_for_a_missing_style(make_training):
    training = make_training("dcgan", data={"style": "", "validation": 0.0})
    assert {path.parent.name for path in training.files} == {"photos"}
    with pytest.raises(ValueError, match="`style` must name the folder of images"):
        make_training("dcgan", data={"style": "", "photos": ""})


def test_held_out_images_are_a_fraction_or_a_folder(folders, make_training):
    (folders / "held").mkdir()
    for name in ("0.png", "1.png"):
        (folders / "style" / name).rename(folders / "held" / name)
    for validation, seen, held in ((0.0, 4, 0), (0.5, 2, 2), (folders / "held", 4, 2)):
        data = {"batch_size": 1, "validation": validation}
        training = make_training("dcgan", data=data)
        assert training.steps_per_epoch == len(training.files) == seen
        batches = list(training.validation or [])
        assert sum(len(batch["image"]) for batch in batches) == held


def test_generator_of_photos_is_refused(make_config, run_training, tmp_path):
    config = make_config("dcgan", generator="anime", generator_options={})
    with pytest.raises(ValueError, match="`generator` must take noise in the recipe"):
        run_training(config)
    assert not (tmp_path / "run").exists()
