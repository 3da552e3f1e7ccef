"""Helpers for error messages: one-line reasons and spelling suggestions."""

import difflib
from collections.abc import Iterable

_MAX_LENGTH = 160


def reason_of(error: BaseException) -> str:
    """Return the message of an error as one line of at most 160 characters."""
    text = " ".join(str(error).split()) or type(error).__name__
    if len(text) > _MAX_LENGTH:
        text = text[: _MAX_LENGTH - 3] + "..."
    return text


def suggestion(name, known: Iterable[str]) -> str:
    """Suggest a known name for a misspelled one.

    Args:
        name: The name received.
        known: The valid names.

    Returns:
        `"Did you mean 'x'? "`, or an empty string if no name is similar.
    """
    near = difflib.get_close_matches(str(name), [str(k) for k in known], n=1)
    return f"Did you mean {near[0]!r}? " if near else ""
