"""The task `evaluate`: a model's metrics on labelled rows, by the file that the worker runs."""

from pathlib import Path
from typing import Any

import numpy as np

from .job import Job
from .labels import known_classes, labelled
from .messages import Messages, finite
from .metrics import metric_names
from .mistakes import Defect, Mistake
from .model_file import ModelFile, open_session, read_model, run_session
from .output import output_folder, write_json
from .prediction import Prediction
from .table import Table, read_table, write_table
from .train import measure_prediction

# What SQLFlow calls the rows of TO EVALUATE.
METRICS = "validation.metrics"


def run_evaluate(folder: Path, job: Job, messages: Messages) -> dict[str, Any]:
    if job.start is None:
        raise Defect("job.json names no model to evaluate")
    model = read_model(folder / job.start)
    unknown = [name for name in job.attributes if name != METRICS]
    if unknown:
        raise Mistake("TRAIN_ATTRIBUTE_UNKNOWN", f"TO EVALUATE has no attribute '{unknown[0][:80]}'", f"use {METRICS}")
    names = metric_names(job.attributes.get(METRICS), model.kind)
    given = read_table(folder / "data" / "train")
    label = (job.label or model.label) if model.kind != "clusters" else None
    table = _rows(given, model, label)
    if table.rows < given.rows:
        messages.warning("TRAIN_LABEL_NULL", f"{given.rows - table.rows} rows without a label that the model knows were left out")
    found = run_session(open_session(model.data), model.inputs, table)
    measured = measure_prediction(prediction_of(found, model), model.kind, model.start.classes, table, label, names)
    with output_folder(folder) as out:
        columns = [(name, np.array([value])) for name, value in measured.items()]
        write_table(out, [("rows", np.array([float(table.rows)])), *columns])
        write_json(out / "report.json", {"version": 1, "kind": model.kind, "rows": table.rows, "metrics": finite(measured)})
    return {"metrics": finite(measured)}


def _rows(table: Table, model: ModelFile, label: str | None) -> Table:
    if model.kind == "clusters":
        if table.rows == 0:
            raise Mistake("TRAIN_NO_ROWS", "the query returns no rows", "select rows")
        return table
    rows = labelled(table, label)
    if model.start.classes is None:
        return rows
    return labelled(known_classes(rows, label or "", model.start.classes), label)


def prediction_of(found: dict[str, Any], model: ModelFile) -> Prediction:
    """The outputs of a session; a label becomes its place among the classes."""
    labels = found.get("label")
    if labels is not None and model.start.classes is not None:
        places = {each: place for place, each in enumerate(model.start.classes)}
        labels = np.array([places[each] for each in labels.tolist()], np.int64)
    return Prediction(labels, found.get("probabilities"), found.get("value", found.get("distances")))
