import json

import numpy as np
import pytest

from animegan_tf.imaging.writing import write_image


@pytest.fixture(scope="module")
def benchmark(load_script):
    return load_script("feature_agreement")


def test_rank_correlations_worked_by_hand(benchmark):
    x, y = [1.0, 2.0, 3.0, 4.0], [10.0, 40.0, 30.0, 50.0]
    # Ranks differ by 0, 1, 1, 0: 1 - 6 * 2 / (4 * 15); one of six pairs is swapped.
    assert benchmark.spearman(x, y) == pytest.approx(0.8)
    assert benchmark.kendall(x, y) == pytest.approx(4 / 6)


def test_correlation_added_in_parts_is_that_of_the_whole(benchmark):
    random = np.random.default_rng(0)
    x = random.normal(size=(2, 6, 5, 3))
    x[..., 2] = 7.0
    y = x + random.normal(size=x.shape)
    found = benchmark.Correlation()
    for a, b in zip(x, y, strict=True):
        found.add(a, b)
    assert found.overall() == pytest.approx(np.corrcoef(x.ravel(), y.ravel())[0, 1])
    # The third channel of x is constant.
    own = [np.corrcoef(x[..., i].ravel(), y[..., i].ravel())[0, 1] for i in (0, 1)]
    assert found.by_channel() == pytest.approx(np.mean(own))


@pytest.mark.slow
def test_a_network_agrees_with_itself(benchmark, tmp_path, capsys):
    folder = tmp_path / "photos"
    folder.mkdir()
    coarse = np.random.default_rng(0).integers(0, 255, (8, 8, 3), np.uint8)
    write_image(np.kron(coarse, np.ones((8, 8, 1), np.uint8)), folder / "a.png")
    output = tmp_path / "report.json"
    arguments = ["--teacher", "bundled", "--photos", str(folder), "--size", "64"]
    assert benchmark.main([*arguments, "--output", str(output)]) == 0
    report = json.loads(output.read_text())
    for layer in report["maps"]["photos"].values():
        assert layer["overall"] == pytest.approx(1.0)
    # The photo and six changes of it make 21 pairs.
    assert len(report["styles"]["correlation"]["pairs"]) == 21
    assert report["styles"]["correlation"]["spearman"] == pytest.approx(1.0)
    assert "Kendall 1.000" in capsys.readouterr().out
