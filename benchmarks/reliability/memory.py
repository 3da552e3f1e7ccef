"""Measure and limit the peak memory of this process (Linux)."""

import resource
from pathlib import Path

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


def reset_peak():
    """Reset the peak; return the memory in use, in MB."""
    if _CLEAR.exists():
        # Documented in proc(5): 5 resets the peak to the present size.
        _CLEAR.write_text("5")
    return _field("VmRSS")


def peak_mb():
    """Return the peak of the resident memory since `reset_peak`, in MB."""
    return _field("VmHWM")


def limit_growth(megabytes):
    """Limit the growth of the address space; more raises a MemoryError."""
    bound = int((_field("VmSize") + megabytes) * 2**20)
    resource.setrlimit(resource.RLIMIT_AS, (bound, bound))


def _field(name):
    if not _STATUS.exists():
        # On other systems only the peak of the whole process is known.
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    for line in _STATUS.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise OSError(f"No {name} in {_STATUS}")
