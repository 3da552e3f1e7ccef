"""Trainings in several replicas, in real processes: they equal those of one."""

import contextlib
import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from animegan_tf.recipes.runner import train
from animegan_tf.utils.settings import to_dict

pytestmark = pytest.mark.slow

WORKER = Path(__file__).with_name("train_worker.py")
# All that is computed of a whole batch or drawn for each image: dropout, batch
# normalization, spectral normalization, the statistics of the style loss, hues, noise,
# augmentations, the images of the gradient penalty.
RECIPES = {
    "anime": {
        "pretraining_steps": 1,
        "weights": {"style": 1.0, "content": 0.25, "flat": 2.0, "shift": 1.0},
        "view": "hue",
        "smooth_weight": 0.0,
        "target_weight": 0.0,
        "regularization": {"diff_augment": ("translation", "color", "cutout")},
    },
    "pix2pix": {
        "generator": "unet",
        "generator_options": {
            "width": 4,
            "num_downsamples": 3,
            "normalization": "batch",
        },
        "regularization": {"instance_noise": 0.1},
    },
    "wgan_gp": {"critic_steps": 2},
}
STEPS = 4


@pytest.fixture
def make_configs(make_config, folders):
    """A function of a distribution to the settings of each recipe."""

    def make(distribution, **changes):
        return {
            recipe: make_config(
                recipe,
                **own
                | {
                    "steps": STEPS,
                    "distribution": distribution,
                    "sample_every": 2,
                    "checkpoint_every": 2,
                }
                | changes
                | {
                    "data": {"batch_size": 4}
                    | ({"cache": str(folders / "cache")} if recipe == "anime" else {})
                },
            )
            for recipe, own in RECIPES.items()
        }

    return make


@contextlib.contextmanager
def started(commands):
    """Start processes, and kill those that are left at the end."""
    processes = [
        subprocess.Popen(
            command,
            env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"} | env,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for command, env in commands
    ]
    try:
        yield processes
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
            process.communicate()


def run_workers(tmp_path, name, configs, *, devices=1, num_workers=1):
    """Train every recipe in each worker; return the runs of each."""
    commands, runs = [], []
    for env in environments(num_workers):
        own = {recipe: tmp_path / f"{name}{len(runs)}-{recipe}" for recipe in configs}
        job = {
            "devices": devices,
            "runs": [[to_dict(c), str(own[recipe])] for recipe, c in configs.items()],
        }
        path = tmp_path / f"{name}{len(runs)}.json"
        path.write_text(json.dumps(job))
        commands.append(([sys.executable, str(WORKER), str(path)], env))
        runs.append(own)
    with started(commands) as processes:
        for process in processes:
            error = process.communicate(timeout=900)[1]
            assert process.returncode == 0, error[-3000:]
    return runs


def environments(num_workers):
    """Return the environment variables of each worker on this machine."""
    if num_workers == 1:
        return [{}]
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(num_workers)]
        for own in sockets:
            own.bind(("127.0.0.1", 0))
        addresses = [f"127.0.0.1:{own.getsockname()[1]}" for own in sockets]
    cluster = {"worker": addresses}
    return [
        {
            "TF_CONFIG": json.dumps(
                {"cluster": cluster, "task": {"type": "worker", "index": index}}
            )
        }
        for index in range(num_workers)
    ]


def read_log(run):
    lines = (run / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def assert_equal_trainings(run, expected):
    """Check that two trainings logged the same losses, and learned the same."""
    log, wanted = read_log(run), read_log(expected)
    assert [line["step"] for line in log] == [line["step"] for line in wanted]
    compared = 0
    for line, other in zip(log, wanted, strict=True):
        for name, value in other.items():
            # These are measured on the part of one replica.
            if name.startswith(("output_", "gradient_share_")):
                continue
            assert line[name] == pytest.approx(value, rel=2e-3, abs=2e-4), (name, line)
            compared += 1
    assert compared > 3 * STEPS
    (checkpoint,) = expected.glob(f"checkpoints/step_{STEPS:08d}.npz")
    with np.load(checkpoint) as state:
        wanted = dict(state)
    with np.load(run / "checkpoints" / checkpoint.name) as state:
        found = dict(state)
    assert set(found) == set(wanted)
    for name, value in wanted.items():
        # Adam divides by the gradient's size, so rounding grows where that is small.
        difference = np.abs(found[name].astype("float64") - value)
        assert difference.mean() <= 1e-3 * np.abs(value).mean() + 1e-5, name


def test_replicas_and_workers_equal_one(make_configs, tmp_path):
    (expected,) = run_workers(tmp_path, "one", make_configs("none"))
    (mirrored,) = run_workers(tmp_path, "two", make_configs("mirrored"), devices=2)
    chief, other = run_workers(tmp_path, "worker", make_configs("auto"), num_workers=2)
    for recipe, run in expected.items():
        assert_equal_trainings(mirrored[recipe], run)
        assert_equal_trainings(chief[recipe], run)
        # Only the chief writes.
        assert not other[recipe].exists()
        names = {p.name for p in chief[recipe].iterdir()}
        assert names >= {"config.json", "metrics.jsonl", "samples", "generator.npz"}


def test_dead_worker_ends_the_training_with_a_usable_checkpoint(
    make_config, folders, tmp_path
):
    data = {"batch_size": 4}
    config = make_config("wgan_gp", steps=10**6, checkpoint_every=3, data=data)
    path, run = tmp_path / "config.json", tmp_path / "run"
    path.write_text(json.dumps(to_dict(config)))
    command = [sys.executable, "-m", "animegan_tf", "train", "--config", str(path)]
    command += ["--run", str(run)]
    with started([(command, env) for env in environments(2)]) as (chief, other):
        deadline = time.monotonic() + 400
        while not (run / "metrics.jsonl").exists() or len(read_log(run)) < 5:
            assert chief.poll() is None, chief.communicate()[1][-3000:]
            assert time.monotonic() < deadline
            time.sleep(0.2)
        other.send_signal(signal.SIGKILL)
        error = chief.communicate(timeout=200)[1]
    assert chief.returncode == 2, error[-3000:]
    last = error.strip().splitlines()[-1]
    assert "Another worker has ended or cannot be reached" in last
    assert "start all workers again with --resume" in last
    newest = max(int(p.stem[5:]) for p in run.glob("checkpoints/*.npz"))
    assert newest >= 3 and f"of step {newest}:" in last
    # One process can go on where two were.
    resumed = dataclasses.replace(config, steps=newest + 1)
    train(resumed, run, resume=True, progress=False)
    assert read_log(run)[-1]["step"] == newest + 1
