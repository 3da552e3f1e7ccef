"""Sentences that error messages share: reasons of one line, and names meant instead."""

import difflib
from collections.abc import Iterable

_LONGEST_REASON = 160


def reason_of(error: BaseException) -> str:
    """Say in one line of bounded length what another library complained about."""
    text = " ".join(str(error).split()) or type(error).__name__
    if len(text) > _LONGEST_REASON:
        text = text[: _LONGEST_REASON - 3] + "..."
    return text


def suggestion(name, known: Iterable[str]) -> str:
    """Say which known name a misspelt one may stand for.

    Args:
        name: What was received.
        known: The names there are.

    Returns:
        `"Did you mean 'x'? "`, or nothing if no name is near.
    """
    near = difflib.get_close_matches(str(name), [str(k) for k in known], n=1)
    return f"Did you mean {near[0]!r}? " if near else ""
