"""Exact checkpoints: every variable of a training, in one file, written atomically."""

import re
from pathlib import Path

import numpy as np

from animegan_tf.imaging.image_io import atomic_path
from animegan_tf.training.program import Program
from animegan_tf.utils.array_file import read_arrays, read_shapes

_NAME = re.compile(r"step_(\d+)\.npz")
_NUM_KEPT = 2


def save_checkpoint(program: Program, step: int, folder) -> Path:
    """Write the state after `step` updates and drop all but the newest checkpoints.

    Args:
        program: Training whose variables are written.
        step: Number of updates made.
        folder: Folder of the checkpoints; made if missing.

    Returns:
        The file written.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"step_{step:08d}.npz"
    arrays = {name: _to_array(v) for name, v in program.state().items()}
    with atomic_path(path) as temporary:
        np.savez(temporary, step=step, **arrays)
    for _, old in list_checkpoints(folder)[:-_NUM_KEPT]:
        old.unlink()
    return path


def restore_checkpoint(program: Program, path) -> int:
    """Set every variable to what the file holds.

    Returns:
        The number of updates made when it was written.

    Raises:
        ValueError: If the file is damaged or was written by another kind of training.
    """
    shapes = read_shapes(path)
    state = program.state()
    step_shape = shapes.pop("step", None)
    wrong = sorted(set(shapes) ^ set(state)) or [
        name for name in state if shapes[name] != tuple(state[name].shape)
    ]
    if step_shape != () or wrong:
        raise ValueError(
            f"The checkpoint {str(path)!r} belongs to another configuration; "
            f"{len(wrong)} of its {len(shapes)} variables do not fit, "
            f"such as {', '.join(wrong[:2]) or 'step'}"
        )
    arrays = read_arrays(path)
    step = arrays.pop("step")
    if step.dtype.kind not in "iu" or step < 0:
        raise ValueError(f"The checkpoint {str(path)!r} has an impossible step: {step}")
    for name, variable in state.items():
        variable.assign(arrays[name])
    return int(step)


def list_checkpoints(folder) -> list[tuple[int, Path]]:
    """List `(step, file)` of the checkpoints in a folder, oldest first."""
    matches = ((_NAME.fullmatch(p.name), p) for p in Path(folder).glob("step_*.npz"))
    return sorted((int(match[1]), path) for match, path in matches if match)


def _to_array(variable) -> np.ndarray:
    value = variable.numpy()
    # bfloat16 is no dtype of NumPy's own; float32 holds it exactly.
    return value if value.dtype.kind in "fiub" else value.astype(np.float32)
