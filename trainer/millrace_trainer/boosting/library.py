"""Calls of XGBoost whose warnings and errors become the user's words."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..mistakes import Mistake
from .lean import xgboost
from .parameters import unknown

# "Parameters: { "max_dept", "x" } are not used."
_NOT_USED = re.compile(r"Parameters: \{ ([^}]*) \} are not used")
# "[12:00:00] /workspace/src/objective/objective.cc:23: Unknown objective"
_PLACE = re.compile(r"^\[[\d:]+\] [^ :]+:\d+: ")
_QUOTED = re.compile(r'"([^"]*)"')


@contextmanager
def as_mistakes(estimator: str, given: dict[str, Any]) -> Iterator[None]:
    """Turns XGBoost's warning about unknown parameters, and its errors, into mistakes.

    XGBoost only warns of a parameter that it does not know, and trains another model than the one that was meant."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        except (xgboost.core.XGBoostError, ValueError, TypeError) as error:
            reason = _reason(str(error))
            named = [name for name, value in given.items() if f"'{value}'" in reason]
            what = f"{named[0]}: " if named else ""
            raise Mistake("TRAIN_PARAMETER_VALUE", f"XGBoost rejects the parameters: {what}{reason}", "correct the parameter") from None
    for warning in caught:
        found = _NOT_USED.search(str(warning.message))
        if found is not None:
            raise unknown(_QUOTED.findall(found.group(1))[0], estimator)


def _reason(text: str) -> str:
    """XGBoost's sentence, without time, place in its sources and stack trace."""
    lines = [line.strip() for line in text.split("\n")]
    kept = []
    for line in lines:
        if line.startswith(("Stack trace", "[bt]")):
            break
        line = _PLACE.sub("", line)
        line = line.removeprefix("Check failed: ")
        if line and not line.startswith("Objective: "):
            kept.append(line)
    return " ".join(kept)[:300]


class Rounds(xgboost.callback.TrainingCallback):  # type: ignore[misc]
    """Reports each round and keeps the curve."""

    def __init__(self, total: int, report: Any) -> None:
        super().__init__()
        self.curve: list[dict[str, float]] = []
        self._total = total
        self._report = report

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        metrics = {f"{part}_{name}": float(values[-1]) for part, logged in evals_log.items() for name, values in logged.items()}
        self.curve.append(metrics)
        self._report("round", len(self.curve), self._total, metrics)
        return False
