import pytest

from animegan_tf.recipes.runner import RECIPES


@pytest.fixture(scope="module")
def training(load_script):
    return load_script("training")


def test_every_recipe_to_compare_exists(training):
    assert set(training.RECIPES) <= set(RECIPES)


def test_steps_are_made_in_turn_and_the_first_are_not_counted(training):
    made = []
    steps = {name: lambda i, name=name: made.append((name, i)) for name in "ab"}
    seconds = training.time_in_turn(steps, 3, warmup=1)
    assert {name: len(values) for name, values in seconds.items()} == {"a": 3, "b": 3}
    # Every other round is in reverse order.
    assert made[:4] == [("a", 0), ("b", 0), ("b", 1), ("a", 1)]


def test_table_has_medians_and_the_median_of_the_ratios(training, capsys):
    training.print_table({"anime": [1.0, 2.0, 4.0], "cartoongan": [3.0, 4.0, 20.0]}, 2)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["anime", "2.000", "1.00", "1.00"]
    # The ratios are 3, 2 and 5.
    assert lines[2].split() == ["cartoongan", "4.000", "0.50", "3.00"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("recipe", "crop"), [("animegan_v2", 16), ("ugatit_light", 96)]
)
def test_a_recipe_is_timed_on_random_images(recipe, crop, training, capsys):
    arguments = ["--recipes", recipe, "--crop", str(crop), "--batch", "1"]
    assert training.main([*arguments, "--runs", "1"]) == 0
    printed = capsys.readouterr().out
    assert f"1 crops of {crop}x{crop} pixels" in printed
    assert printed.splitlines()[-1].startswith(f"{recipe} ")


def test_networks_in_pytorch_have_as_many_parameters(load_script):
    pytest.importorskip("torch", reason="needs PyTorch")
    script = load_script("torch_training")
    from animegan_tf import build_discriminator, build_generator

    def count(network):
        return sum(weight.numel() for weight in network.parameters())

    generator = build_generator("animegan_v2")
    # The depthwise convolutions have no biases in PyTorch.
    biases = 2 * 128 + 3 * 2 * 256
    assert count(script.Generator()) == generator.count_params() - biases
    discriminator = build_discriminator("animegan_v2")
    kernels = sum(
        weight.shape.num_elements() for weight in discriminator.trainable_weights
    )
    assert count(script.build_discriminator()) == kernels
    losses = [script.build_torch_step(16, 1)(index) for index in range(2)]
    assert all(loss > 0.0 for loss in losses)
