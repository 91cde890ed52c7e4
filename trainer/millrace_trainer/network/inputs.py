"""A tower's features as arrays: numbers, indicators and embeddings, the latter two sparse."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from ..features.feature import Combiner, Feature
from ..features.numbers import Numbers
from ..table import Floats, Integers, Table


@dataclass(frozen=True)
class Inputs:
    """numbers [n, d], indicators [n, all their categories] or None, and [n, categories] for each embedding."""

    numbers: Floats
    indicators: Any | None
    embeddings: tuple[Any, ...]

    def __len__(self) -> int:
        return len(self.numbers)

    def take(self, rows: Integers) -> "Inputs":
        indicators = None if self.indicators is None else self.indicators[rows]
        return Inputs(self.numbers[rows], indicators, tuple(each[rows] for each in self.embeddings))


def make_inputs(features: Sequence[Feature], table: Table) -> Inputs:
    numbers = [feature.source.values(table) for feature in features if isinstance(feature.source, Numbers)]
    indicators = [_sparse(feature, table) for feature in features if feature.encoding == "indicator"]
    embeddings = [_sparse(feature, table) for feature in features if feature.encoding == "embedding"]
    return Inputs(
        np.ascontiguousarray(np.concatenate(numbers, axis=1)) if numbers else np.zeros((table.rows, 0), np.float32),
        sparse.hstack(indicators, format="csr") if indicators else None,
        tuple(embeddings),
    )


def _sparse(feature: Feature, table: Table) -> Any:
    category = feature.category
    found = category.ids(table)
    known = found.ids < category.size
    weights = np.ones(found.ids.shape, np.float32) if found.weights is None else found.weights
    weights = np.where(known, weights, np.float32(0))
    if feature.encoding == "embedding":
        weights = combined(weights, feature.combiner)
    starts = np.concatenate([[0], np.cumsum(known.sum(axis=1))])
    return sparse.csr_matrix((weights[known], found.ids[known], starts), shape=(table.rows, category.size))


def combined(weights: Floats, combiner: Combiner) -> Floats:
    """Weights [n, k] whose sum is the row's mean or its sum divided by the root of the sum of squares."""
    if combiner == "sum":
        return weights
    total = weights.sum(axis=1, keepdims=True) if combiner == "mean" else np.sqrt((weights * weights).sum(axis=1, keepdims=True))
    result: Floats = np.where(total == 0, 0, weights / np.where(total == 0, 1, total)).astype(np.float32)
    return result
