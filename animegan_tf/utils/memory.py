"""The memory of this machine."""

import os
from pathlib import Path

# Limits of a container, in the two versions of control groups.
_GROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def total_memory() -> int | None:
    """Return the memory that this process may use, in bytes; `None` if unknown.

    It is the physical memory, or the limit of the container if that is less.
    """
    limits = [limit for path in _GROUP_LIMITS if (limit := _read_limit(path))]
    try:
        limits.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    # Windows has no such function, and other systems not all names.
    except (AttributeError, OSError, ValueError):
        pass
    return min(limits, default=None)


def _read_limit(path: Path) -> int | None:
    try:
        text = path.read_text(encoding="ascii").strip()
    except OSError:
        return None
    # Version 2 has the word "max" where there is no limit.
    return int(text) if text.isdigit() else None
