"""JSON lines on standard output. Everything else that is printed, by libraries too, goes to standard error."""

import json
import os
import sys
import time
from typing import Any, TextIO

from .mistakes import Mistake

# Lines of progress are at least this many seconds apart.
PAUSE = 0.2


class Messages:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._next = 0.0

    def send(self, kind: str, **fields: Any) -> None:
        self._stream.write(json.dumps({"type": kind, **fields}, allow_nan=False) + "\n")
        self._stream.flush()

    def progress(self, unit: str, done: int, total: int, metrics: dict[str, float]) -> None:
        """Reports an epoch or a round. Omits some if they are fast, never the last."""
        now = time.monotonic()
        if done < total and now < self._next:
            return
        self._next = now + PAUSE
        self.send("progress", unit=unit, done=done, total=total, metrics=finite(metrics))

    def warning(self, code: str, message: str) -> None:
        self.send("warning", code=code, message=message)

    def error(self, mistake: Mistake, **fields: Any) -> None:
        self.send("error", code=mistake.code, message=mistake.message, hint=mistake.hint, **fields)


def finite(metrics: dict[str, float]) -> dict[str, float | None]:
    """JSON has no NaN and no infinity."""
    return {name: value if abs(value) < float("inf") else None for name, value in metrics.items()}


def take_standard_output() -> Messages:
    """Keeps standard output for messages: what a library writes to file descriptor 1 arrives at standard error from now on."""
    own = os.dup(1)
    sys.stdout.flush()
    os.dup2(2, 1)
    return Messages(os.fdopen(own, "w", encoding="utf-8"))
