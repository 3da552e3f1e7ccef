import pytest

from animegan_tf.training.health import HealthCheck, TrainingDivergedError

NAN, INFINITE = float("nan"), float("inf")


def _healthy(step):
    return {"total": 1.0, "generator_norm": 0.1, "separation": 0.5}


def test_healthy_steps_give_no_warning():
    health = HealthCheck()
    assert {health.check(_healthy(step)) for step in range(300)} == {None}


@pytest.mark.parametrize("value", [NAN, INFINITE, -INFINITE])
def test_value_that_is_not_finite_is_named(value):
    warning = HealthCheck().check(_healthy(0) | {"style": value})
    assert warning.startswith("style is not finite")


def test_twenty_bad_steps_in_a_row_stop_the_training():
    health = HealthCheck()
    for step in range(19):
        # Whichever value it is.
        health.check({"style" if step % 2 else "total": INFINITE})
    with pytest.raises(TrainingDivergedError, match="style.* for 20 steps"):
        health.check({"style": INFINITE})


def test_one_good_step_resets_the_count():
    health = HealthCheck()
    for _ in range(3):
        for _ in range(19):
            assert "style" in health.check({"style": NAN})
        assert health.check({"style": 1.0}) is None


@pytest.mark.parametrize("name", ["generator_norm", "generator_norm_ink"])
def test_generator_without_a_gradient_stops_the_training(name):
    health = HealthCheck()
    for _ in range(4):
        health.check({name: 0.0})
        # Of a training of several styles, the other one's steps come between.
        health.check({"generator_norm_oil": 0.1})
    with pytest.raises(TrainingDivergedError, match="saturated"):
        health.check({name: 0.0})


def test_generator_with_a_small_gradient_goes_on():
    health = HealthCheck()
    for gradient in [0.0, 0.0, 0.0, 0.0, 1e-12] * 3:
        health.check({"generator_norm": gradient})


@pytest.mark.parametrize("suffix", ["", "_back", "_ink"])
def test_discriminator_that_separates_for_200_steps_is_reported_once(suffix):
    health = HealthCheck()
    line = _healthy(0) | {f"separation{suffix}": 0.96}
    warnings = [health.check(line) for _ in range(500)]
    (step,) = [i for i, warning in enumerate(warnings, 1) if warning]
    assert step == 200
    assert f"the discriminator{suffix} has told" in warnings[199]
    assert "discriminator_learning_rate" in warnings[199]


def test_discriminator_that_wavers_is_not_reported():
    health = HealthCheck()
    for step in range(500):
        assert health.check({"separation": 0.9 if step % 150 == 0 else 1.0}) is None


GOOD = {"output_deviation": 0.3, "output_luminance": 0.1, "output_change": 0.2}


@pytest.mark.parametrize(
    ("bad", "description"),
    [
        ({"output_deviation": 0.01}, "without contrast"),
        ({"output_luminance": -0.99}, "black or white"),
        ({"output_luminance": 0.98}, "black or white"),
        ({"output_change": 0.004}, "the same for every input"),
        ({"output_change_ink": 0.0}, "the same for every input"),
    ],
)
def test_tenth_collapsed_output_in_a_row_stops_the_training(bad, description):
    health = HealthCheck()
    health.check_outputs({**dict.fromkeys(bad, 0.5), **GOOD})
    for _ in range(3):
        for _ in range(9):
            health.check_outputs(GOOD | bad)
        assert not health.is_good
        health.check_outputs({**dict.fromkeys(bad, 0.5), **GOOD})
        assert health.is_good
    for _ in range(9):
        health.check_outputs(GOOD | bad)
    with pytest.raises(TrainingDivergedError, match=description):
        health.check_outputs(GOOD | bad)


@pytest.mark.parametrize(
    ("bad", "last"),
    [
        ({"output_deviation": 0.01}, 60),
        ({"output_change": 0.004}, 60),
        ({"output_luminance": 0.98}, 10),
    ],
)
def test_untrained_generator_may_lack_contrast_for_50_measurements(bad, last):
    health = HealthCheck()
    for _ in range(last - 1):
        health.check_outputs(GOOD | bad)
    with pytest.raises(TrainingDivergedError, match="has collapsed"):
        health.check_outputs(GOOD | bad)


def test_overflow_of_a_scaled_loss_is_no_bad_step():
    health = HealthCheck()
    line = {"generator_norm": INFINITE, "generator_loss_scale": 2.0**15}
    assert {health.check(_healthy(0) | line) for _ in range(30)} == {None}
    # A scale of 1 cannot be what overflows, nor can it make a loss so.
    assert "generator_norm is not" in health.check(line | {"generator_loss_scale": 1.0})
    assert "total is not" in health.check(line | {"total": NAN})


def test_certain_discriminator_alone_does_not_make_a_checkpoint_bad():
    health = HealthCheck()
    health.check(_healthy(0) | {"separation": 0.99})
    assert health.is_good
    health.check(_healthy(0) | {"total": NAN})
    assert not health.is_good
