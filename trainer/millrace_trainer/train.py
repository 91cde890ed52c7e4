"""The task `train`: rows in, a gated model file and its report out."""

import hashlib
from pathlib import Path
from typing import Any

from .attributes import Attributes
from .estimators import find_estimator, trainer_of
from .gate import check_export
from .job import Job
from .labels import class_places, label_numbers
from .messages import Messages, finite
from .metrics import Measured, measure, metric_names
from .mistakes import Defect, Mistake
from .model_file import build_model, read_model, versions
from .output import output_folder, write_json
from .prediction import Prediction, Trained
from .table import Table, read_table
from .training import Result, Start, Training


def run_train(folder: Path, job: Job, messages: Messages) -> dict[str, Any]:
    training, metrics = make_training(folder, job, messages)
    result = trainer_of(training.estimator)(training)
    return write_model(folder, training, result, metrics)


def make_training(folder: Path, job: Job, messages: Messages, table: Table | None = None) -> tuple[Training, str | None]:
    """Reads the rows and the model to go on with; returns the metrics too that the report shall have."""
    if job.estimator is None:
        raise Defect("job.json names no estimator")
    estimator = find_estimator(job.estimator)
    attributes = Attributes(job.attributes)
    metrics = attributes.text("validation.metrics")
    attributes.ignored("validation.select")
    validation = folder / "data" / "validation"
    training = Training(
        estimator=estimator,
        attributes=attributes,
        features=job.features,
        label=job.label,
        table=read_table(folder / "data" / "train") if table is None else table,
        validation=read_table(validation) if validation.is_dir() else None,
        seed=job.seed,
        threads=job.threads,
        start=None if job.start is None else _start(folder / job.start, estimator),
        messages=messages,
    )
    return training, metrics


def _start(path: Path, estimator: str) -> Start:
    start = read_model(path).start
    if start.estimator != estimator:
        raise Mistake("TRAIN_GOING_ON", f"the model to go on with is a {start.estimator}", f"TO TRAIN {start.estimator}")
    return start


def write_model(folder: Path, training: Training, result: Result, metrics: str | None) -> dict[str, Any]:
    table = result.table or training.table
    left_out = training.table.rows - table.rows
    if left_out > 0:
        training.messages.warning("TRAIN_LABEL_NULL", f"{left_out} rows without a label were left out")
    trained = result.model
    names = metric_names(metrics, trained.kind)
    data, inputs = build_model(trained, training.estimator, training.label, result.extra)
    export = check_export(data, inputs, trained, table)
    measured = {"train": measure_rows(trained, table, training.label, names)}
    if result.validation is not None:
        measured["validation"] = measure_rows(trained, result.validation, training.label, names)
    digest = hashlib.sha256(data).hexdigest()
    report = {
        "version": 1,
        "estimator": training.estimator,
        "kind": trained.kind,
        "seed": training.seed,
        "rows": table.rows,
        "rows_left_out": left_out,
        "validation_rows": None if result.validation is None else result.validation.rows,
        "data_sha256": training.table.digest,
        "classes": None if trained.classes is None else list(trained.classes),
        "features": [feature.text for feature in trained.features],
        "inputs": inputs.columns,
        "outputs": inputs.outputs,
        "curve": [finite(each) for each in result.curve],
        "best": result.best,
        "metrics": {part: finite(values) for part, values in measured.items()},
        "export": export,
        "bytes": len(data),
        "sha256": digest,
        "versions": versions(),
    }
    with output_folder(folder) as out:
        (out / "model.onnx").write_bytes(data)
        write_json(out / "report.json", report)
    return {"sha256": digest, "bytes": len(data), "metrics": report["metrics"]}


def measure_rows(trained: Trained, table: Table, label: str | None, names: list[tuple[str, str]]) -> dict[str, float]:
    return measure_prediction(trained.predict(table), trained.kind, trained.classes, table, label, names)


def measure_prediction(
    prediction: Prediction, kind: Any, classes: Any, table: Table, label: str | None, names: list[tuple[str, str]]
) -> dict[str, float]:
    places = class_places(table, label, classes) if classes is not None and label is not None else None
    numbers = label_numbers(table, label) if kind == "regressor" and label is not None else None
    return measure(names, kind, Measured(prediction, places, numbers, len(classes or ())))
