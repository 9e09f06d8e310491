"""Time and memory of each step."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

_MEBIBYTE = 2**20
_SAMPLING_SECONDS = 0.02


@dataclass
class StepRecord:
    """One step of a run: what it took, and how much it handled."""

    step: str
    seconds: float = 0.0
    peak_memory_mb: float = 0.0
    entities: int = 0
    chunks: int = 0
    reused_chunks: int = 0


@dataclass
class StepMeter:
    """Watches resident memory on a thread of its own while a step runs."""

    record: StepRecord
    _stop: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        """Sample memory until stopped."""
        process = psutil.Process()
        while True:
            used = process.memory_info().rss / _MEBIBYTE
            self.record.peak_memory_mb = max(self.record.peak_memory_mb, used)
            if self._stop.wait(_SAMPLING_SECONDS):
                return

    def stop(self) -> None:
        """End the watch."""
        self._stop.set()


@contextmanager
def measured(step: str) -> Iterator[StepRecord]:
    """Measure the wall clock and the peak resident memory of the block."""
    record = StepRecord(step)
    meter = StepMeter(record)
    watcher = threading.Thread(target=meter.watch, name=f"meter-{step}", daemon=True)
    started = time.perf_counter()
    watcher.start()
    try:
        yield record
    finally:
        meter.stop()
        watcher.join()
        record.seconds = time.perf_counter() - started
