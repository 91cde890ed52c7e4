"""A trained booster as a model: its predictions, its graph and its state."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..features.feature import Feature
from ..features.matrix import matrix
from ..graph import Graph
from ..prediction import Class, Kind, Prediction, softmax, two_classes
from ..table import Floats, Table
from .convert import emit_booster
from .lean import xgboost
from .objectives import OBJECTIVES


@dataclass(frozen=True)
class BoosterModel:
    booster: Any
    objective: str
    features: Sequence[Feature]
    classes: Sequence[Class] | None

    @property
    def kind(self) -> Kind:
        return "regressor" if self.classes is None else "classifier"

    def predict(self, table: Table) -> Prediction:
        """By XGBoost itself."""
        rows = xgboost.DMatrix(matrix(self.features, table), nthread=1)
        found = self.booster.predict(rows)
        objective = OBJECTIVES[self.objective]
        if objective.classes is None:
            return Prediction(values=found)
        if objective.link == "softmax":
            probabilities = softmax(self.booster.predict(rows, output_margin=True).reshape(table.rows, -1)) if found.ndim == 1 else found
            return Prediction(labels=probabilities.argmax(axis=1), probabilities=probabilities)
        if objective.probabilities:
            probabilities = two_classes(found)
            return Prediction(labels=probabilities.argmax(axis=1), probabilities=probabilities)
        margins = self.booster.predict(rows, output_margin=True)
        return Prediction(labels=(margins > 0).astype(np.int64), values=margins)

    def emit(self, graph: Graph) -> dict[str, str]:
        return emit_booster(graph, self.booster, self.objective, self.features, self.classes)

    def state(self) -> bytes:
        return bytes(self.booster.save_raw("ubj"))

    def contributions(self, table: Table) -> Floats:
        """TreeExplainer's values [rows, outputs, columns of the matrix + 1], the last of which is the base value."""
        found = self.booster.predict(xgboost.DMatrix(matrix(self.features, table), nthread=1), pred_contribs=True)
        result: Floats = found if found.ndim == 3 else found[:, np.newaxis, :]
        return result


def load_booster(state: bytes) -> Any:
    booster = xgboost.Booster()
    booster.load_model(bytearray(state))
    return booster


def encoded(state: bytes) -> str:
    return base64.b64encode(state).decode("ascii")
