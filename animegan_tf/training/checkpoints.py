"""Exact checkpoints: every variable of a training in one file, written atomically."""

import re
from pathlib import Path

import numpy as np

from animegan_tf.training.program import Program
from animegan_tf.utils.array_file import read_arrays, read_shapes
from animegan_tf.utils.atomic_path import atomic_path

_NAME = re.compile(r"step_(\d+)\.npz")
_NUM_KEPT = 2
# Prefixes of names in checkpoints of version 0.1, and what they are called now.
_RENAMED = {
    "variable/pool/anime/": "variable/discriminator/pool/",
    "variable/pool/photo/": "variable/discriminator_back/pool/",
}


class DamagedCheckpointError(ValueError):
    """The file cannot be read."""


def save_checkpoint(program: Program, step: int, folder) -> Path:
    """Write the state after `step` steps and delete all but the newest checkpoints.

    Args:
        program: Program whose variables are written.
        step: Number of training steps made.
        folder: Folder of the checkpoints; made if missing.

    Returns:
        The file written.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"step_{step:08d}.npz"
    arrays = copy_state(program)
    with atomic_path(path) as temporary:
        np.savez(temporary, step=step, **arrays)
    for _, old in list_checkpoints(folder)[:-_NUM_KEPT]:
        old.unlink()
    return path


def restore_checkpoint(program: Program, path) -> int:
    """Set every variable to its value in the file.

    Returns:
        The number of training steps made when it was written.

    Raises:
        DamagedCheckpointError: If the file cannot be read.
        ValueError: If it was written by a training with another configuration.
    """
    try:
        shapes = {_renamed(name): shape for name, shape in read_shapes(path).items()}
    except ValueError as error:
        raise DamagedCheckpointError(str(error)) from error
    state = program.state()
    # Checkpoints of version 0.1 have no factors of the learning rates.
    added = {n for n in set(state) - set(shapes) if n.startswith("rate_factor/")}
    shapes |= {name: () for name in added}
    step_shape = shapes.pop("step", None)
    wrong = sorted(set(shapes) ^ set(state)) or [
        name for name in state if shapes[name] != tuple(state[name].shape)
    ]
    if step_shape != () or wrong:
        raise ValueError(
            f"The checkpoint {str(path)!r} belongs to another configuration: "
            f"{len(wrong)} of its {len(shapes)} variables do not fit, "
            f"such as {', '.join(wrong[:2]) or 'step'}"
        )
    try:
        arrays = {_renamed(name): array for name, array in read_arrays(path).items()}
    except ValueError as error:
        raise DamagedCheckpointError(str(error)) from error
    arrays |= {name: np.float32(1.0) for name in added}
    step = arrays.pop("step")
    if step.dtype.kind not in "iu" or step < 0:
        raise DamagedCheckpointError(
            f"The checkpoint {str(path)!r} has an impossible step: {step}"
        )
    for name, variable in state.items():
        variable.assign(arrays[name])
    return int(step)


def copy_state(program: Program) -> dict[str, np.ndarray]:
    """Return the values of all variables that a checkpoint has."""
    return {name: _to_array(v) for name, v in program.state().items()}


def list_checkpoints(folder) -> list[tuple[int, Path]]:
    """List `(step, file)` of the checkpoints in a folder, oldest first."""
    matches = ((_NAME.fullmatch(p.name), p) for p in Path(folder).glob("step_*.npz"))
    return sorted((int(match[1]), path) for match, path in matches if match)


def _renamed(name: str) -> str:
    for old, new in _RENAMED.items():
        if name.startswith(old):
            return new + name.removeprefix(old)
    return name


def _to_array(variable) -> np.ndarray:
    value = variable.numpy()
    # NumPy has no bfloat16 of its own; float32 holds it exactly.
    return value if value.dtype.kind in "fiub" else value.astype(np.float32)
