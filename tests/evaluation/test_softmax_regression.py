"""Multinomial logistic regression, and its minimization with L-BFGS."""

import numpy as np
import pytest

from animegan_tf.evaluation.softmax_regression import fit_softmax_regression, minimize


def blobs(seed=0, num_samples=60, num_features=8, num_classes=3):
    random = np.random.default_rng(seed)
    labels = np.arange(num_samples) % num_classes
    centers = random.normal(size=(num_classes, num_features))
    return centers[labels] + random.normal(size=(num_samples, num_features)), labels


def test_two_points_worked_by_hand():
    # By symmetry W = (-a, a) and b = 0. The objective 2 log(1 + exp(-2 a)) + p a^2 has
    # its minimum where 4 / (1 + exp(2 a)) = 2 p a.
    model = fit_softmax_regression(
        np.array([[-1.0], [1.0]]), np.array([0, 1]), 2, penalty=0.5, tolerance=1e-10
    )
    a = model.weights[0, 1]
    assert model.weights[0, 0] == pytest.approx(-a, abs=1e-8)
    assert model.bias == pytest.approx([0.0, 0.0], abs=1e-8)
    assert 4.0 / (1.0 + np.exp(2.0 * a)) == pytest.approx(2.0 * 0.5 * a, abs=1e-8)
    probabilities = model.probabilities(np.array([[1.0]]))
    assert probabilities[0, 1] == pytest.approx(1.0 / (1.0 + np.exp(-2.0 * a)))


def test_constant_features_give_the_shares_of_the_classes():
    labels = np.array([0, 0, 0, 1, 2, 2])
    model = fit_softmax_regression(np.zeros((6, 2)), labels, 3, tolerance=1e-10)
    probabilities = model.probabilities(np.zeros((1, 2)))[0]
    assert probabilities == pytest.approx([1 / 2, 1 / 6, 1 / 3])
    assert model.bias.sum() == pytest.approx(0.0, abs=1e-12)


def test_a_sample_weight_of_two_equals_two_samples():
    features, labels = blobs()
    weights = np.where(np.arange(len(labels)) < 10, 2.0, 1.0)
    weighted = fit_softmax_regression(
        features, labels, 3, sample_weights=weights, tolerance=1e-10
    )
    repeated = fit_softmax_regression(
        np.concatenate([features, features[:10]]),
        np.concatenate([labels, labels[:10]]),
        3,
        tolerance=1e-10,
    )
    np.testing.assert_allclose(weighted.weights, repeated.weights, atol=1e-8)


def test_order_of_classes_does_not_matter_and_rows_sum_to_one():
    features, labels = blobs()
    permutation = np.array([2, 0, 1])
    one = fit_softmax_regression(features, labels, 3, tolerance=1e-10)
    other = fit_softmax_regression(features, permutation[labels], 3, tolerance=1e-10)
    probabilities = one.probabilities(features)
    np.testing.assert_allclose(
        other.probabilities(features)[:, permutation], probabilities, atol=1e-8
    )
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)


def test_extreme_features_do_not_overflow():
    features, labels = blobs()
    model = fit_softmax_regression(features, labels, 3, penalty=1.0)
    far = model.probabilities(1e6 * features)
    assert np.isfinite(far).all()
    assert far.max(axis=1) == pytest.approx(1.0)


@pytest.mark.parametrize(("num_samples", "num_features"), [(60, 8), (40, 120)])
def test_it_agrees_with_scikit_learn(num_samples, num_features):
    linear_model = pytest.importorskip("sklearn.linear_model")
    features, labels = blobs(1, num_samples, num_features)
    model = fit_softmax_regression(features, labels, 3, penalty=100.0)
    reference = linear_model.LogisticRegression(C=0.01, tol=1e-10, max_iter=10000)
    reference.fit(features, labels)
    np.testing.assert_allclose(
        model.probabilities(features), reference.predict_proba(features), atol=1e-3
    )


def test_minimum_of_a_badly_scaled_quadratic_is_found():
    scales = np.array([1.0, 10.0, 1000.0])

    def objective(point):
        offset = point - [1.0, -2.0, 3.0]
        return 0.5 * (scales * offset**2).sum(), scales * offset

    best = minimize(objective, np.zeros(3), tolerance=1e-9)
    assert best == pytest.approx([1.0, -2.0, 3.0], abs=1e-8)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": np.array([0, 3])}, "labels from 0 to 3"),
        ({"num_classes": 1}, "num_classes=1"),
        ({"penalty": 0.0}, "`penalty` must be above 0"),
        ({"features": np.zeros((0, 2)), "labels": np.zeros(0, int)}, "at least one"),
        ({"labels": np.array([0])}, r"\(2, 1\) and \(1,\)"),
    ],
)
def test_invalid_arguments_are_refused(change, message):
    features, labels = np.eye(2)[:, :1], np.array([0, 1])
    arguments = {"features": features, "labels": labels, "num_classes": 2}
    with pytest.raises(ValueError, match=message):
        fit_softmax_regression(**{**arguments, **change})
