"""Change learning rates, loss weights and regularization at a resume."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CHANGES_FILE = "changes.jsonl"
_RATES = (
    "generator_learning_rate",
    "discriminator_learning_rate",
    "pretraining_learning_rate",
    "learning_rate_decay_start",
)
# A checkpoint holds the pool; it holds nothing of the other regularization.
_FIXED_REGULARIZATION = ("pool_size",)


def find_changes(
    before: Mapping[str, Any], now: Mapping[str, Any]
) -> dict[str, list[Any]]:
    """Find the changed settings that a resumed training may have.

    These are learning rates, weights of losses that stay on, since one that is switched
    on or off changes what a checkpoint holds, and the regularization of discriminators
    except for its pool.

    Args:
        before: Settings of the run.
        now: Settings of the resume.

    Returns:
        `[old, new]` by the setting's name, such as `weights.style`.
    """
    changes = {}
    for name, value in now.items():
        old = before.get(name)
        if name == "weights" and isinstance(old, Mapping):
            for term, weight in value.items():
                if _stays_on(old.get(term), weight):
                    changes[f"weights.{term}"] = [old[term], weight]
        elif name == "regularization" and isinstance(old, Mapping):
            for field, setting in value.items():
                is_fixed = field not in old or field in _FIXED_REGULARIZATION
                if not is_fixed and old[field] != setting:
                    changes[f"{name}.{field}"] = [old[field], setting]
        elif name in _RATES and name in before and old != value:
            changes[name] = [old, value]
        elif name.endswith("_weight") and _stays_on(old, value):
            changes[name] = [old, value]
    return changes


def apply_changes(
    settings: Mapping[str, Any], changes: Mapping[str, list[Any]]
) -> dict[str, Any]:
    """Return settings with the new values of what `find_changes` found."""
    settings = dict(settings)
    for name, (_, value) in changes.items():
        group, dot, term = name.partition(".")
        settings[group] = settings[group] | {term: value} if dot else value
    return settings


def record_changes(run, step: int, changes: Mapping[str, list[Any]]) -> None:
    """Append the changes to `changes.jsonl` in a run folder.

    Args:
        run: The folder.
        step: Number of steps made before them.
        changes: From `find_changes`.
    """
    line = {"step": step, "changes": dict(changes)}
    with open(Path(run) / CHANGES_FILE, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def change_rates(optimizers: Mapping[str, Any], changes: Mapping[str, list]) -> None:
    """Apply changed learning rates to optimizers that were restored.

    A constant rate is a variable, so a checkpoint has that of the earlier settings. A
    schedule is no variable: it follows the new settings already.

    Args:
        optimizers: Keras optimizers by name; those of discriminators begin with
            `discriminator`, those of pretrainings contain `pretraining`.
        changes: From `find_changes`.
    """
    for name, optimizer in optimizers.items():
        kind = "generator"
        if name.startswith("discriminator"):
            kind = "discriminator"
        elif "pretraining" in name:
            kind = "pretraining"
        change = changes.get(f"{kind}_learning_rate")
        # Keras returns the value of a schedule, not the schedule.
        if change is None or callable(optimizer._learning_rate):
            continue
        # A ratio keeps what else has changed the rate, such as a recovery.
        rate = float(optimizer.learning_rate) * change[1] / change[0]
        optimizer.learning_rate = rate


def _stays_on(old, new) -> bool:
    both = isinstance(old, int | float) and isinstance(new, int | float)
    return both and old != new and old != 0 and new != 0
