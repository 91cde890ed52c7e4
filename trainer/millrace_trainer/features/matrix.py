"""All features as one matrix, for estimators that are not networks: as float32, and as nodes of the graph."""

import itertools
from collections.abc import Sequence

import numpy as np
from onnx import TensorProto

from ..graph import Graph
from ..mistakes import Mistake
from ..table import Floats, Table
from .categories import Category
from .feature import Feature
from .numbers import Numbers, emit_side_by_side

LARGEST = 2**30


def matrix(features: Sequence[Feature], table: Table) -> Floats:
    """[rows, width of all features]."""
    width = sum(feature.width for feature in features)
    if width * max(1, table.rows) > LARGEST:
        message = f"the features have {width} columns, which are too many for {table.rows} rows"
        raise Mistake("TRAIN_TOO_LARGE", message, "use smaller sizes in INDICATOR and SPARSE, or a DNN estimator with EMBEDDING")
    return np.ascontiguousarray(np.concatenate([_values(feature, table) for feature in features], axis=1))


def emit_matrix(features: Sequence[Feature], graph: Graph) -> str:
    return graph.concat([each for group in _runs(features) for each in _emit_run(group, graph)])


def _values(feature: Feature, table: Table) -> Floats:
    source = feature.source
    if isinstance(source, Numbers):
        return source.values(table)
    found = source.ids(table)
    if feature.encoding == "id":
        return np.where(found.ids < source.size, found.ids, np.nan).astype(np.float32)
    weights = np.ones(found.ids.shape, np.float32) if found.weights is None else found.weights
    rows = np.broadcast_to(np.arange(len(found.ids)).reshape(-1, 1), found.ids.shape)
    if feature.encoding == "sparse":
        values = np.full((table.rows, source.size + 1), np.nan, np.float32)
        values[rows, found.ids] = weights
    else:
        values = np.zeros((table.rows, source.size + 1), np.float32)
        np.add.at(values, (rows, found.ids), weights)
    return values[:, : source.size]


def _runs(features: Sequence[Feature]) -> list[list[Feature]]:
    """Numbers that stand side by side, and the others between them."""
    return [list(group) for _, group in itertools.groupby(features, lambda each: isinstance(each.source, Numbers))]


def _emit_run(features: Sequence[Feature], graph: Graph) -> list[str]:
    numbers = [each.source for each in features if isinstance(each.source, Numbers)]
    if numbers:
        return [emit_side_by_side(numbers, graph)]
    return [_emit_category(each, each.category, graph) for each in features]


def _emit_category(feature: Feature, source: Category, graph: Graph) -> str:
    found = source.emit(graph)
    none = graph.integers([source.size])
    if feature.encoding == "id":
        known = graph.node("Less", found.ids, none)
        return graph.node("Where", known, graph.cast(found.ids, TensorProto.FLOAT), graph.floats([np.nan]))
    if feature.encoding == "sparse":
        weights = found.weights or graph.cast(graph.node("GreaterOrEqual", found.ids, graph.integers([0])), TensorProto.FLOAT)
        rows = graph.node("Slice", graph.node("Shape", found.ids), graph.integers([0]), graph.integers([1]))
        shape = graph.node("Concat", rows, graph.integers([source.size + 1]), axis=0)
        empty = graph.node("Expand", graph.floats([np.nan]), shape)
        filled = graph.node("ScatterElements", empty, found.ids, weights, axis=1)
        return graph.node("Slice", filled, graph.integers([0]), none, graph.integers([1]))
    one_hot = graph.node("OneHot", found.ids, graph.integers(source.size + 1), graph.floats([0, 1]), axis=-1)
    if found.weights is not None:
        one_hot = graph.node("Mul", one_hot, graph.node("Unsqueeze", found.weights, graph.integers([2])))
    summed = graph.node("ReduceSum", one_hot, graph.integers([1]), keepdims=0)
    return graph.node("Slice", summed, graph.integers([0]), none, graph.integers([1]))
