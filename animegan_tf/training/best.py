"""The best generator of a training by a rule, kept beside the last one."""

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from animegan_tf.utils.atomic_path import atomic_path
from animegan_tf.utils.json_file import read_json

FOLDER = "best"
_FILE = "best.json"


class BestRule(NamedTuple):
    """Which generator of a training is the best.

    Attributes:
        metric: Name in the log of a mean over the held-out images.
        highest: Whether the highest is the best, else the lowest.
    """

    metric: str
    highest: bool = False


class BestGenerator:
    """Keep the best generator in the folder `best` of a run.

    That folder is a run folder for `Stylizer` and for the setting `initial`. Its
    `best.json` has the step, the metric and its value.

    Args:
        run_path: The run folder.
        rule: The rule.
        write: Function of a folder that saves the current generator there.
    """

    def __init__(self, run_path, rule: BestRule, write: Callable[[Path], object]):
        self._folder = Path(run_path) / FOLDER
        self._rule = rule
        self._write = write
        self._value = None

    def restore(self, step: int) -> None:
        """Take up what is kept, unless it is of a later step: that is made again."""
        self._value = None
        kept = read_best(self._folder.parent)
        if kept and kept["metric"] == self._rule.metric and kept["step"] <= step:
            self._value = kept["value"]

    def update(self, step: int, scalars: Mapping[str, float]) -> bool:
        """Save the generator if it is better than all before.

        Args:
            step: Number of training steps made.
            scalars: Means over the held-out images, by name.

        Returns:
            Whether it was saved.
        """
        value = scalars.get(self._rule.metric, math.nan)
        better = self._value is None or (
            value > self._value if self._rule.highest else value < self._value
        )
        if not math.isfinite(value) or not better:
            return False
        self._folder.mkdir(parents=True, exist_ok=True)
        self._write(self._folder)
        content = {"step": step, "metric": self._rule.metric, "value": value}
        with atomic_path(self._folder / _FILE) as temporary:
            temporary.write_text(json.dumps(content) + "\n", encoding="utf-8")
        self._value = value
        return True


def read_best(run_path) -> dict | None:
    """Read the step, the metric and the value of a run's best generator.

    Returns:
        `{"step", "metric", "value"}`, or `None` if there is none that can be read.
    """
    try:
        content = read_json(Path(run_path) / FOLDER / _FILE)
        return {
            "step": int(content["step"]),
            "metric": str(content["metric"]),
            "value": float(content["value"]),
        }
    except (OSError, ValueError, TypeError, KeyError):
        return None
