"""A trial: damage a sample, read it, and classify the outcome."""

import dataclasses
import random
import time
import warnings
from pathlib import Path

from benchmarks.reliability.memory import peak_mb, reset_peak
from benchmarks.reliability.mutations import mutate

# Outcomes of a trial. Only the first two are correct.
OUTCOMES = ("accepted", "refused", "unclear", "escaped", "memory", "timeout", "crash")
_LONGEST_LINE = 1000


@dataclasses.dataclass(frozen=True)
class Result:
    """Outcome of a trial.

    Attributes:
        number: Number of the trial.
        outcome: One of `OUTCOMES`: "unclear" is a message of several lines, "escaped"
            an exception other than ValueError and OSError.
        message: Message of the exception.
        seconds: CPU time of the reader.
        growth_mb: Peak memory added by the reader, in MB.
    """

    number: int
    outcome: str
    message: str = ""
    seconds: float = 0.0
    growth_mb: float = 0.0


class Trials:
    """Trials of one reader; each depends on the seed and its number alone.

    Args:
        reader: A `readers.Reader`.
        folder: Empty temporary folder.
        seed: Seed of the damage.

    Raises:
        ValueError: If the reader refuses a valid sample.
    """

    def __init__(self, reader, folder, seed=0):
        self._reader, self._seed = reader, seed
        work = Path(folder) / "prepare"
        work.mkdir()
        self._samples, self._read = reader.prepare(work)
        self._folder = Path(folder) / "input"
        self._folder.mkdir()
        self.path = self._folder / f"sample{reader.suffix}"
        for sample in self._samples:
            self.path.write_bytes(sample)
            self._read_quietly()

    def damaged(self, number):
        """Return the bytes of a trial."""
        rng = random.Random(f"{self._seed}/{number}")
        return mutate(rng.choice(self._samples), self._samples, rng)

    def run(self, number):
        """Make a trial.

        Returns:
            The `Result`.
        """
        self.path.write_bytes(self.damaged(number))
        before, start = reset_peak(), time.process_time()
        outcome, message = self._attempt()
        seconds = time.process_time() - start
        growth = max(0.0, peak_mb() - before)
        if outcome in OUTCOMES[:2] and growth > self._reader.growth_mb:
            outcome, message = "memory", f"{growth:.0f} MB: {message}"
        return Result(number, outcome, message, seconds, growth)

    def _attempt(self):
        try:
            self._read_quietly()
        except (ValueError, OSError) as error:
            text = str(error)
            clear = text.strip() and "\n" not in text and len(text) <= _LONGEST_LINE
            return "refused" if clear else "unclear", text
        except MemoryError as error:
            return "memory", f"{type(error).__name__}: {error}"
        # Whatever else it is, the reader ought to have turned it into a ValueError.
        except BaseException as error:
            return "escaped", f"{type(error).__name__}: {error}"
        return "accepted", ""

    def _read_quietly(self):
        with warnings.catch_warnings():
            # Pillow and NumPy warn of what they repair.
            warnings.simplefilter("ignore")
            self._read(self.path)
