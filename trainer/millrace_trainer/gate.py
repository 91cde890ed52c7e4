"""No model leaves the trainer before the exported file has predicted the training rows as the library does."""

from typing import Any

import numpy as np

from .mistakes import Defect
from .model_file import Inputs, open_session, run_session
from .prediction import Trained
from .table import Table

TOLERANCE = 1e-4
# Of a larger table, rows at equal distances are compared.
MOST_ROWS = 200_000


def check_export(data: bytes, inputs: Inputs, trained: Trained, table: Table) -> dict[str, Any]:
    """Compares by the worker's own runtime. Raises `Defect` for a difference above `TOLERANCE`, relative to the values' size."""
    checked = table if table.rows <= MOST_ROWS else table.take(np.linspace(0, table.rows - 1, MOST_ROWS).astype(np.int64))
    found = run_session(open_session(data), inputs, checked)
    wanted = trained.predict(checked)
    numbers = {"probabilities": wanted.probabilities, "value": wanted.values, "distances": wanted.values}
    differences = [_difference(found[what], values) for what, values in numbers.items() if what in found and values is not None]
    largest = max(differences, default=0.0)
    if not largest <= TOLERANCE:
        raise Defect(f"the exported model differs from the trained one by {largest:g}")
    if wanted.labels is not None:
        _check_labels(found, wanted.labels, wanted.probabilities if wanted.probabilities is not None else wanted.values, trained)
    return {"rows": checked.rows, "difference": largest}


def _difference(found: Any, wanted: Any) -> float:
    if found.shape != wanted.shape:
        raise Defect(f"the exported model's output has shape {found.shape}, not {wanted.shape}")
    if found.size == 0:
        return 0.0
    wanted = wanted.astype(np.float64)
    same = (found == wanted) | (np.isnan(found) & np.isnan(wanted))
    scale = np.maximum(np.abs(wanted), np.mean(np.abs(wanted)))
    # Probabilities and values around zero are compared to the size that the output has on average.
    return float(np.where(same, 0, np.abs(found - wanted) / np.where(scale > 0, scale, 1)).max())


def _check_labels(found: dict[str, Any], places: Any, scores: Any, trained: Trained) -> None:
    """Labels may differ only where two classes are as likely."""
    classes = np.array(trained.classes, object) if trained.classes is not None else np.arange(int(places.max(initial=0)) + 1)
    same = found["label"] == classes[places]
    if same.all():
        return
    ordered = np.sort(scores.reshape(len(places), -1), axis=1)
    if ordered.shape[1] == 1:
        distance = np.abs(ordered[:, 0])
    else:
        distance = np.abs(ordered[:, -1] - ordered[:, -2]) if trained.kind == "classifier" else ordered[:, 1] - ordered[:, 0]
    if (distance[~same] > TOLERANCE * np.maximum(1, np.abs(ordered).max())).any():
        raise Defect("the exported model gives other labels than the trained one")
