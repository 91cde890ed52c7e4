"""xgboost.*: from the attributes to the trained booster."""

from dataclasses import replace
from typing import Any

import numpy as np

from ..features.feature import Feature
from ..features.matrix import matrix
from ..features.resolve import Reader, continued_features, resolve_features
from ..labels import class_places, class_weights, find_classes, known_classes, label_numbers, labelled, row_weights
from ..mistakes import Mistake, quoted
from ..network.estimator import check_classes
from ..prediction import Class
from ..table import Table
from ..training import Result, Start, Training
from .lean import xgboost
from .library import Rounds, as_mistakes
from .model import BoosterModel, load_booster
from .objectives import OBJECTIVES
from .parameters import OF_TWO_CLASSES, Parameters, read_parameters

# The same trees, and probabilities.
TRAINED_AS = {"multi:softmax": "multi:softprob"}
# Rows of the one round that finds unknown parameters before the long training.
PROBED_ROWS = 1000


def train_booster(training: Training) -> Result:
    parameters = read_parameters(training.estimator, training.attributes)
    training.attributes.finish(training.estimator)
    table = labelled(training.table, training.label)
    label = table.name_of(training.label or "")
    if training.start is not None:
        parameters = _objective_of_start(training.start, parameters)
    classes = _classes(training, parameters, table, label)
    if not parameters.chosen and training.start is None and len(classes or []) == 2:
        parameters = replace(parameters, objective=OF_TWO_CLASSES)
    _check_names(training.estimator, parameters)
    features = _features(training, parameters, table, label)
    learner = _Learner(training, parameters, features, classes, label)
    learner.probe(table)
    return learner.train(table)


def _objective_of_start(start: Start, parameters: Parameters) -> Parameters:
    objective = str(start.extra["objective"])
    if parameters.chosen and TRAINED_AS.get(parameters.objective, parameters.objective) != objective:
        message = f"the model to go on with has the objective {objective}, not {parameters.objective}"
        raise Mistake("TRAIN_GOING_ON", message, f"set objective = '{objective}'")
    return replace(parameters, objective=objective)


def _classes(training: Training, parameters: Parameters, table: Table, label: str) -> list[Class] | None:
    wanted = OBJECTIVES[parameters.objective].classes
    if wanted is None:
        return None
    if training.start is not None:
        check_classes(training.start, table, label)
        return list(training.start.classes or [])
    classes = find_classes(table, label, parameters.classes)
    if wanted == 2 and len(classes) != 2:
        message = f"{parameters.objective} has two classes; the label {quoted(label)} has {len(classes)}"
        raise Mistake("TRAIN_CLASSES", message, "set objective = 'multi:softprob'")
    return classes


def _features(training: Training, parameters: Parameters, table: Table, label: str) -> list[Feature]:
    reader = Reader(training.estimator, ("deep",), scaled=False, fills_null=False, embeds=False, bare_category="id")
    others = [label] + ([parameters.weight_column] if parameters.weight_column else [])
    if training.start is not None:
        return continued_features(training.start.features, training.features, table, others, reader)
    return resolve_features(training.features, table, others, reader)


def _check_names(estimator: str, parameters: Parameters) -> None:
    """Finds unknown parameters by one round on two rows, before any row of the table is prepared."""
    classes = OBJECTIVES[parameters.objective].classes
    is_number = classes is None and not parameters.objective.startswith("rank:")
    settings: dict[str, Any] = {**parameters.given, "booster": parameters.booster, "objective": parameters.objective}
    if classes == 0:
        settings["num_class"] = 2
    # Their lengths are those of the real table.
    for name in ("monotone_constraints", "interaction_constraints"):
        settings.pop(name, None)
    rows = xgboost.DMatrix(np.array([[0.0], [1.0]], np.float32), label=[0.25, 0.75] if is_number else [0, 1], nthread=1)
    if parameters.objective == "survival:aft":
        _set_bounds(rows, np.array([1.0, 2.0]))
    with as_mistakes(estimator, parameters.given):
        xgboost.train(settings, rows, num_boost_round=1, evals=[(rows, "train")], verbose_eval=False)


def _set_bounds(rows: Any, labels: Any) -> None:
    rows.set_float_info("label_lower_bound", labels)
    rows.set_float_info("label_upper_bound", labels)


class _Learner:
    def __init__(
        self, training: Training, parameters: Parameters, features: list[Feature], classes: list[Class] | None, label: str
    ) -> None:
        self._training = training
        self._parameters = parameters
        self._features = features
        self._classes = classes
        self._label = label
        self._objective = TRAINED_AS.get(parameters.objective, parameters.objective)
        self._class_weights: list[float] | None = None

    def _settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = {"seed": self._training.seed, **self._parameters.given}
        settings.update(booster=self._parameters.booster, objective=self._objective, nthread=self._training.threads)
        if OBJECTIVES[self._objective].link == "softmax":
            settings["num_class"] = len(self._classes or [])
        return settings

    def _rows(self, table: Table) -> Any:
        places = None if self._classes is None else class_places(table, self._label, self._classes)
        labels = label_numbers(table, self._label) if places is None else places
        weights = row_weights(table, self._parameters.weight_column, self._class_weights, places)
        values = matrix(self._features, table)
        rows = xgboost.DMatrix(values, label=labels, weight=weights, nthread=self._training.threads)
        if self._objective == "survival:aft":
            _set_bounds(rows, labels)
        return rows

    def probe(self, table: Table) -> None:
        """One round on the first rows, for values that XGBoost rejects only with the table at hand."""
        first = table.take(np.arange(min(PROBED_ROWS, table.rows)))
        with as_mistakes(self._training.estimator, self._parameters.given):
            xgboost.train(self._settings(), self._rows(first), num_boost_round=1, verbose_eval=False)

    def train(self, table: Table) -> Result:
        if self._classes is not None and self._parameters.class_weights is not None:
            places = class_places(table, self._label, self._classes)
            self._class_weights = class_weights(self._parameters.class_weights, places, self._classes)
        validation = self._validation()
        evals = [(self._rows(table), "train")] + ([] if validation is None else [(self._rows(validation), "valid")])
        rounds = Rounds(self._parameters.rounds, self._training.messages.progress)
        callbacks: list[Any] = [rounds]
        if self._parameters.patience > 0:
            if validation is None:
                raise Mistake("TRAIN_VALIDATION_MISSING", "train.early_stopping_rounds needs validation rows", "add validation.select")
            callbacks.append(xgboost.callback.EarlyStopping(rounds=self._parameters.patience, data_name="valid"))
        start = None if self._training.start is None else load_booster(self._training.start.state)
        with as_mistakes(self._training.estimator, self._parameters.given):
            booster = xgboost.train(
                self._settings(),
                evals[0][0],
                num_boost_round=self._parameters.rounds,
                evals=evals,
                callbacks=callbacks,
                xgb_model=start,
                verbose_eval=False,
            )
        best = booster.best_iteration + 1 if self._parameters.patience > 0 else None
        if best is not None:
            # predict would use all trees otherwise, those after the best round too.
            booster = booster[:best]
        model = BoosterModel(booster, self._objective, self._features, self._classes)
        return Result(model, rounds.curve, best, table, validation, {"objective": self._objective})

    def _validation(self) -> Table | None:
        if self._training.validation is None:
            return None
        table = labelled(self._training.validation, self._label)
        return table if self._classes is None else labelled(known_classes(table, self._label, self._classes), self._label)
