import pytest

from animegan_tf.training.health import HealthMonitor, TrainingDivergedError


def test_healthy_lines_give_no_warning():
    line = {"total": 1.0, "discriminator_real": 0.6, "discriminator_fake": 0.4}
    assert HealthMonitor().check(line) is None


def test_not_a_number_is_named():
    assert "style" in HealthMonitor().check({"style": float("nan")})


def test_twenty_bad_lines_in_a_row_stop_the_training():
    monitor = HealthMonitor()
    for _ in range(19):
        monitor.check({"style": float("inf")})
    with pytest.raises(TrainingDivergedError, match="style.*20"):
        monitor.check({"style": float("inf")})


def test_one_good_line_forgives():
    monitor = HealthMonitor()
    for _ in range(19):
        monitor.check({"style": float("inf")})
    monitor.check({"style": 1.0})
    assert "style" in monitor.check({"style": float("inf")})


def test_generator_without_a_gradient_stops_the_training():
    monitor = HealthMonitor()
    for _ in range(4):
        monitor.check({"generator_norm": 0.0})
    with pytest.raises(TrainingDivergedError, match="saturated"):
        monitor.check({"generator_norm": 0.0})


def test_discriminator_that_wins_for_long_is_reported_once():
    monitor = HealthMonitor()
    line = {"discriminator_real": 1.0, "discriminator_fake": 0.0}
    warnings = [monitor.check(line) for _ in range(100)]
    assert [w is not None for w in warnings].count(True) == 1
