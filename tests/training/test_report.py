import json
import re

import numpy as np
import pytest

from animegan_tf.training.best import BestGenerator, BestRule
from animegan_tf.training.report import draw_curves, write_run_report
from animegan_tf.training.run_folder import RunFolder


@pytest.fixture
def run(tmp_path):
    """The folder of a training of 40 steps, stopped at step 30."""
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "a.png").write_bytes(b"not read")
    (tmp_path / "LICENSE").write_text("CC0")
    run = RunFolder(tmp_path / "run <1>")
    run.create({"recipe": "anime", "steps": 40, "note": "</pre>"})
    run.write_inputs([photos / "a.png"])
    for step in (10, 20, 30):
        run.log(step, {"total": 3.0 / step, "epoch": step / 10})
        run.log(step, {"validation_total": 4.0 / step, "validation_psnr": step})
        run.write_samples(step, [np.full((1, 8, 8, 3), step / 40, "float32")])
    run.log(20, {"recovery": 1, "diverged_at": 25})
    return run


def test_report_holds_settings_curves_samples_and_data(run, tmp_path):
    path = write_run_report(run)
    assert path == run.path / "report.html"
    text = path.read_text(encoding="utf-8")
    assert "30 of" in text and "40 steps" in text
    assert "Diverged at step 25; restored step 20" in text
    assert "&lt;/pre&gt;" in text and "run &lt;1&gt;" in text
    # A sheet for each of three samples, and a slider over them.
    assert text.count('src="data:image/jpeg;base64,') == 3
    assert 'min="0" max="2"' in text and "Step 10<" in text
    # The held-out values of `total` are in its figure; `psnr` has its own.
    assert text.count("<svg") == 2
    assert text.count('class="validation" points') == 1
    assert str(tmp_path / "photos") in text and str(tmp_path / "LICENSE") in text
    assert re.search(r"<td>psnr</td><td class=\"number\">10.0</td>", text)


def test_report_loads_nothing(run):
    text = write_run_report(run).read_text(encoding="utf-8")
    assert not re.search(r"""(src|href)=["'](?!data:)""", text)
    assert "http" not in text


def test_report_of_a_training_without_a_step_has_its_settings(tmp_path):
    run = RunFolder(tmp_path / "run")
    run.create({"recipe": "dcgan", "steps": 7})
    text = write_run_report(run).read_text(encoding="utf-8")
    assert "0 of" in text and "dcgan" in text and "<svg" not in text


def test_damaged_lines_of_the_log_are_left_out(run):
    with open(run.path / "metrics.jsonl", "a") as file:
        file.write('{"step": 40, "tot')
    assert "30 of" in write_run_report(run).read_text(encoding="utf-8")


def test_curve_spans_its_figure_from_the_lowest_to_the_highest_value():
    text = draw_curves("loss", [(0, 5.0), (10, 1.0)])
    # Larger values are higher, which is a smaller y.
    assert 'points="4.0,4.0 416.0,146.0"' in text
    assert "loss: 1 to 5, last 1" in text
    assert "nan" not in draw_curves("constant", [(3, 2.0)])


def test_long_curve_has_few_points():
    text = draw_curves("loss", [(step, step % 7) for step in range(10_000)])
    (points,) = re.findall(r'points="([^"]*)"', text)
    assert len(points.split()) == 300


def test_last_logged_value_is_found(run):
    assert run.last_logged("recovery") == 1
    assert run.last_logged("total") == pytest.approx(0.1)
    assert run.last_logged("nothing") is None
    json.dumps(run.read_log())


def test_report_names_the_best_and_the_time_and_energy_if_known(run):
    text = write_run_report(run).read_text(encoding="utf-8")
    assert "processor time" not in text and "The best by" not in text
    best = BestGenerator(run.path, BestRule("validation_psnr", highest=True), str)
    best.update(30, {"validation_psnr": 30.0})
    lines = [{"seconds": 1800, "cpu_seconds": 3600}, {"seconds": 3600, "joules": 1.8e6}]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (run.path / "usage.jsonl").write_text(text)
    text = write_run_report(run).read_text(encoding="utf-8")
    assert "1.50 hours, 1.00 hours of processor time" in text
    assert "0.500 kWh of the machine's processors, in 1 of 2 sessions" in text
    assert "The best by validation_psnr, 30, is that of step 30" in text
