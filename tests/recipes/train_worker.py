"""Train several runs one after the other, as a process of `test_distribution.py`.

The argument is a JSON file: the number of logical CPU devices, and the settings and the
folder of each run.
"""

import json
import sys
from pathlib import Path

import tensorflow as tf

from animegan_tf.recipes.runner import config_from_dict, train


def main(path):
    job = json.loads(Path(path).read_text())
    if job["devices"] > 1:
        (cpu,) = tf.config.list_physical_devices("CPU")
        parts = [tf.config.LogicalDeviceConfiguration()] * job["devices"]
        tf.config.set_logical_device_configuration(cpu, parts)
    for settings, run in job["runs"]:
        train(config_from_dict(settings), run, progress=False)


if __name__ == "__main__":
    main(sys.argv[1])
