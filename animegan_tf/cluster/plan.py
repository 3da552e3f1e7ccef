"""Decide what a bulk job has to do: which outputs are finished, which are missing."""

import os
from pathlib import Path

from animegan_tf.cluster.report import OK, Report, Row
from animegan_tf.cluster.sources import Source, name_outputs
from animegan_tf.cluster.storage import is_url
from animegan_tf.imaging.reading import open_image


def plan_outputs(
    sources: list[Source],
    report: Report,
    output: Path,
    settings: dict,
    *,
    suffix: str | None = None,
    overwrite: bool = False,
) -> tuple[list[Row], list[Path]]:
    """Choose the output of each source, and find out which are finished.

    When a job starts, no output exists that its report does not call finished.
    Therefore, an output that exists later was written by this job.

    Args:
        sources: The sources.
        report: The report of earlier jobs with the same folder.
        output: The folder.
        settings: What the outputs depend on.
        suffix: See `name_outputs`.
        overwrite: Whether to stylize all sources again, whatever the report says.

    Returns:
        A row for each source, with the status `"ok"` or `"pending"`; and the existing
        files to delete before the job starts.

    Raises:
        FileExistsError: If an output exists, the report does not list it, and
            `overwrite` is false.
        ValueError: If an output is a source, or the report is of other settings.
    """
    if not overwrite:
        _check_settings(report.settings, settings)
    known = {} if overwrite else report.rows
    names = [source.name for source in sources if source.input not in known]
    taken = [row.output for row in known.values()]
    new_outputs = iter(name_outputs(names, suffix=suffix, taken=taken))
    rows, existing = [], []
    for source in sources:
        row = known.get(source.input) or Row(source.input, next(new_outputs))
        target = output / row.output
        if not target.exists():
            row = Row(row.input, row.output)
        elif source.input not in known:
            existing.append(target)
        elif row.status != OK:
            row = Row(row.input, row.output, OK, **output_size(target))
        rows.append(row)
    _check_existing(existing, sources, overwrite)
    return rows, existing


def output_size(target) -> dict[str, int]:
    """Read the width and height of an output, as fields of its row."""
    with open_image(target) as image:
        return {"width": image.width, "height": image.height}


def _check_settings(old, new) -> None:
    for name in sorted({*(old or {}), *new}):
        if old is not None and old.get(name) != new.get(name):
            raise ValueError(
                f"`output` has images of other settings: {name}={old.get(name)!r}, now "
                f"{name}={new.get(name)!r}; use another folder, or overwrite them"
            )


def _check_existing(existing, sources, overwrite) -> None:
    """Check that files in the way of outputs may be deleted."""
    if not existing:
        return
    files = {os.path.realpath(s.location) for s in sources if not is_url(s.location)}
    for target in existing:
        if os.path.realpath(target) in files:
            raise ValueError(f"The output would overwrite the source {str(target)!r}")
    if not overwrite:
        raise FileExistsError(
            f"{len(existing)} outputs already exist, such as {str(existing[0])!r}, "
            "which no report lists; add --overwrite to replace them"
        )
