"""What a network learns from the rows before its first step: features, classes, the label's scale. All shards share it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .features.feature import Feature, from_json, to_json
from .features.resolve import Reader, resolve_features
from .labels import class_places, class_weights, find_classes, label_numbers
from .network.configuration import Configuration
from .prediction import Class
from .table import Table


@dataclass(frozen=True)
class Fit:
    """A regressor's label is learned as (label - shift) * factor."""

    features: tuple[Feature, ...]
    classes: tuple[Class, ...] | None
    shift: float
    factor: float
    class_weights: tuple[float, ...] | None

    @property
    def outputs(self) -> int:
        return 1 if self.classes is None or len(self.classes) == 2 else len(self.classes)


def learn_fit(
    described: Sequence[Any] | None, label: str, table: Table, reader: Reader, configuration: Configuration, classifies: bool
) -> Fit:
    """`table` has the rows with a label."""
    others = [label] + ([configuration.weight_column] if configuration.weight_column else [])
    features = tuple(resolve_features(described, table, others, reader))
    if not classifies:
        numbers = label_numbers(table, label)
        shift, deviation = float(numbers.mean()), float(numbers.std())
        return Fit(features, None, shift, 1 / deviation if deviation > 1e-6 * max(abs(shift), 1e-30) else 1.0, None)
    classes = tuple(find_classes(table, label, configuration.classes))
    weights = class_weights(configuration.class_weights, class_places(table, label, classes), classes)
    return Fit(features, classes, 0.0, 1.0, tuple(weights) if weights else None)


def fit_to_json(fit: Fit) -> dict[str, Any]:
    return {
        "features": [to_json(feature) for feature in fit.features],
        "classes": None if fit.classes is None else list(fit.classes),
        "shift": fit.shift,
        "factor": fit.factor,
        "class_weights": None if fit.class_weights is None else list(fit.class_weights),
    }


def fit_from_json(described: dict[str, Any]) -> Fit:
    classes, weights = described["classes"], described["class_weights"]
    return Fit(
        tuple(from_json(each) for each in described["features"]),
        None if classes is None else tuple(classes),
        described["shift"],
        described["factor"],
        None if weights is None else tuple(weights),
    )


def scaled_label(fit: Fit, table: Table, label: str) -> Any:
    return ((label_numbers(table, label) - fit.shift) * fit.factor).astype(np.float32)
