"""The task `explain`: what each feature adds to each prediction (SHAP values)."""

from pathlib import Path
from typing import Any

import numpy as np

from .attributes import Attributes
from .job import Job
from .kernel_shap import kernel_shap
from .messages import Messages
from .mistakes import Defect, Mistake
from .model_file import ModelFile, open_session, read_model, run_session
from .network.learning import seeded
from .output import output_folder, write_json
from .table import Doubles, Integers, NumberColumn, Table, read_table, write_table

EXPLAINERS = ("TreeExplainer", "KernelExplainer")


def run_explain(folder: Path, job: Job, messages: Messages) -> dict[str, Any]:
    """Writes a row for each row and class: its number, the class if there are several, the base value, and a column for each feature."""
    if job.start is None:
        raise Defect("job.json names no model to explain")
    model = read_model(folder / job.start)
    table = read_table(folder / "data" / "train")
    if table.rows == 0:
        raise Mistake("TRAIN_NO_ROWS", "the query returns no rows", "select rows to explain")
    attributes = Attributes(job.attributes)
    trees = model.start.estimator.startswith("xgboost.")
    explainer = attributes.choice("explainer", choices=[*EXPLAINERS, "XGBoostExplainer"], default=EXPLAINERS[0 if trees else 1])
    samples = attributes.integer("samples", default=512, most=100_000)
    background = attributes.integer("background", default=50, most=10_000)
    attributes.finish("TO EXPLAIN")
    if explainer != "KernelExplainer" and not trees:
        raise Mistake("TRAIN_EXPLAINER", f"{explainer} explains trees, not {model.start.estimator}", "USING KernelExplainer")
    if explainer != "KernelExplainer":
        names, values, base = _by_trees(model, table)
    else:
        names, values, base = _by_kernel(model, table, samples, background, job.seed, messages)
    with output_folder(folder) as out:
        write_table(out, _columns(names, values, base, _outputs(model, values.shape[1])))
        report = {"version": 1, "explainer": explainer, "rows": table.rows, "features": names, "outputs": values.shape[1]}
        write_json(out / "report.json", {**report, "mean_absolute": np.abs(values).mean(axis=(0, 1)).tolist()})
    return {"rows": table.rows}


def _columns(names: list[str], values: Doubles, base: Doubles, outputs: list[str]) -> list[Any]:
    """`values` is [rows, outputs, features]."""
    rows, count, _ = values.shape
    columns: list[Any] = [("row", np.repeat(np.arange(rows), count).astype(np.float64))]
    if count > 1:
        columns.append(("class", outputs * rows))
    columns.append(("expected_value", base.reshape(-1)))
    taken = {name.lower() for name, _ in columns}
    for place, name in enumerate(names):
        while name.lower() in taken:
            name += "_"
        taken.add(name.lower())
        columns.append((name, values[:, :, place].reshape(-1)))
    return columns


def _outputs(model: ModelFile, count: int) -> list[str]:
    classes = model.start.classes
    return [str(each) for each in classes] if classes is not None and len(classes) == count else [str(each) for each in range(count)]


def _by_trees(model: ModelFile, table: Table) -> tuple[list[str], Doubles, Doubles]:
    """XGBoost's own values, which shap's TreeExplainer gives too; the columns of one feature are added."""
    from .boosting.model import BoosterModel, load_booster

    booster = BoosterModel(load_booster(model.start.state), model.start.extra["objective"], model.start.features, model.start.classes)
    found = booster.contributions(table).astype(np.float64)
    ends = np.cumsum([feature.width for feature in model.start.features])
    starts = [0, *ends[:-1].tolist()]
    values = np.stack([found[:, :, start:end].sum(axis=2) for start, end in zip(starts, ends.tolist(), strict=True)], axis=2)
    return [feature.text for feature in model.start.features], values, found[:, :, -1]


def _by_kernel(
    model: ModelFile, table: Table, samples: int, background: int, seed: int, messages: Messages
) -> tuple[list[str], Doubles, Doubles]:
    """Kernel SHAP over the columns that the model reads. The background is a sample of the rows."""
    session = open_session(model.data)
    names = list(model.inputs.columns)
    chosen = np.sort(seeded(seed).permutation(table.rows)[:background])
    behind = table.take(chosen)

    def predict(rows: Table) -> Doubles:
        found = run_session(session, model.inputs, rows)
        scores = found.get("probabilities", found.get("value", found.get("distances")))
        matrix = np.asarray(scores, np.float64).reshape(rows.rows, -1)
        # Of two classes, the second: the first is its complement.
        return matrix[:, 1:] if "probabilities" in found and matrix.shape[1] == 2 else matrix

    base = predict(behind).mean(axis=0)
    values = []
    for row in range(table.rows):
        values.append(_explain_row(table, row, behind, names, predict, base, samples, seed))
        messages.progress("row", row + 1, table.rows, {})
    return names, np.stack(values), np.broadcast_to(base, (table.rows, len(base)))


def _explain_row(table: Table, row: int, behind: Table, names: list[str], predict: Any, base: Doubles, samples: int, seed: int) -> Doubles:
    """[outputs, features]."""

    def value(masks: Any) -> Doubles:
        """The mean prediction [masks, outputs] where each mask's features are the row's and the others those of the background."""
        pieces = []
        for start in range(0, len(masks), 64):
            part = masks[start : start + 64]
            mixed = _mixed(table, row, behind, names, part)
            pieces.append(predict(mixed).reshape(len(part), behind.rows, -1).mean(axis=1))
        return np.concatenate(pieces)

    single: Integers = np.array([row], np.int64)
    return kernel_shap(value, base, predict(table.take(single))[0], len(names), samples, seeded(seed, row))


def _mixed(table: Table, row: int, behind: Table, names: list[str], masks: Any) -> Table:
    """The background once for each mask, with the row's values where the mask is set."""
    columns: dict[str, Any] = {}
    for place, name in enumerate(names):
        column, back = table.column(name), behind.column(name)
        chosen = np.repeat(masks[:, place], behind.rows)
        if isinstance(column, NumberColumn) and isinstance(back, NumberColumn):
            columns[name] = NumberColumn(name, np.where(chosen, column.values[row], np.tile(back.values, len(masks))))
        elif not isinstance(column, NumberColumn) and not isinstance(back, NumberColumn):
            codes = np.where(chosen, column.codes[row], np.tile(back.codes, len(masks)))
            columns[name] = type(column)(name, codes, column.dictionary)
    return Table(len(masks) * behind.rows, columns, "")
