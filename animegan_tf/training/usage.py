"""Time, and where the machine tells it energy, of a training."""

import contextlib
import json
import threading
import time
from pathlib import Path

from animegan_tf.utils.json_file import parse_json

FILE = "usage.jsonl"
# Where Linux counts the energy of processors, if it lets this process read it.
POWERCAP = Path("/sys/class/powercap")
# The counters start again from 0, on fast machines after some ten minutes.
_SECONDS = 60.0


class UsageMeter:
    """Measure the time of a block, and the energy of the processors meanwhile.

    The energy is that of the whole processors, all programs included.

    Args:
        powercap: Folder of the counters.

    Attributes:
        seconds: Time that has passed.
        cpu_seconds: Time of this process on all cores.
        joules: Energy, `None` if it is not known.
    """

    def __init__(self, powercap=POWERCAP):
        self._counters = [
            _EnergyCounter(folder)
            for folder in sorted(Path(powercap).glob("intel-rapl:*"))
            # Those of parts, `intel-rapl:0:1`, are contained in them.
            if folder.name.count(":") == 1
        ]
        self.seconds = self.cpu_seconds = 0.0
        self._stop = threading.Event()

    @property
    def joules(self) -> float | None:
        """Energy of the processors so far."""
        known = [c.joules for c in self._counters if c.joules is not None]
        return sum(known) if known else None

    def __enter__(self):
        """Begin to measure."""
        self._start = time.perf_counter(), time.process_time()
        self._update_counters()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        """Stop."""
        self._stop.set()
        self._thread.join()
        self._update_counters()
        self.seconds = time.perf_counter() - self._start[0]
        self.cpu_seconds = time.process_time() - self._start[1]

    def _watch(self):
        while not self._stop.wait(_SECONDS):
            self._update_counters()

    def _update_counters(self):
        for counter in self._counters:
            counter.update()


class _EnergyCounter:
    def __init__(self, folder):
        self._folder = folder
        self._last = None
        self.joules = None

    def update(self):
        try:
            value = int((self._folder / "energy_uj").read_text())
            limit = int((self._folder / "max_energy_range_uj").read_text())
        except (OSError, ValueError):
            return
        if self._last is not None:
            used = (value - self._last) % (limit + 1)
            self.joules = (self.joules or 0.0) + used / 1e6
        self._last = value


def append_usage(run_path, meter: UsageMeter, first_step: int, last_step: int) -> None:
    """Append what was measured between two steps to `usage.jsonl` of a run."""
    line = {
        "first_step": first_step,
        "last_step": last_step,
        "seconds": round(meter.seconds, 3),
        "cpu_seconds": round(meter.cpu_seconds, 3),
    }
    if meter.joules is not None:
        line["joules"] = round(meter.joules, 1)
    with open(Path(run_path) / FILE, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def read_usage(run_path) -> list[dict[str, float]]:
    """Read the lines of `usage.jsonl` of a run; those that are damaged are left out."""
    path = Path(run_path) / FILE
    if not path.exists():
        return []
    found = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        with contextlib.suppress(ValueError):
            values = parse_json(line)
            if isinstance(values, dict) and "seconds" in values:
                found.append(values)
    return found
