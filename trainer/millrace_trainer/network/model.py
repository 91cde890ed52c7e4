"""A trained network as a model: its predictions, its graph and its state."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..checkpoint import to_bytes
from ..features.feature import Feature
from ..features.numbers import Numbers, emit_side_by_side
from ..fit import Fit
from ..graph import Graph
from ..prediction import Class, Kind, Prediction, emit_classes, emit_two_classes, emit_value
from ..table import Table
from .configuration import TowerConfiguration
from .learning import outputs_of, to_probabilities, tower_inputs
from .network import EPSILON, Network, tower_features


@dataclass(frozen=True)
class NetworkModel:
    network: Network
    fit: Fit
    epochs: int

    @property
    def kind(self) -> Kind:
        return "regressor" if self.fit.classes is None else "classifier"

    @property
    def features(self) -> Sequence[Feature]:
        return self.fit.features

    @property
    def classes(self) -> Sequence[Class] | None:
        return self.fit.classes

    def predict(self, table: Table) -> Prediction:
        inputs = tower_inputs(self.fit, table, self.network.configuration)
        outputs = outputs_of(self.network, inputs, table.rows)
        if self.fit.classes is None:
            return Prediction(values=outputs[:, 0] * np.float32(1 / self.fit.factor) + np.float32(self.fit.shift))
        probabilities = to_probabilities(outputs)
        return Prediction(labels=probabilities.argmax(axis=1), probabilities=probabilities)

    def emit(self, graph: Graph) -> dict[str, str]:
        outputs = _sum(graph, [_Emission(graph, self.network, tower).outputs() for tower in self.network.configuration.towers])
        if self.fit.classes is None:
            scaled = graph.node("Mul", outputs, graph.floats([1 / self.fit.factor]))
            return emit_value(graph, graph.node("Add", scaled, graph.floats([self.fit.shift])))
        if self.network.outputs == 1:
            probabilities = emit_two_classes(graph, graph.node("Sigmoid", outputs))
        else:
            probabilities = graph.node("Softmax", outputs, axis=1)
        return emit_classes(graph, probabilities, self.fit.classes)

    def state(self) -> bytes:
        return state_of(self.network, self.epochs)


def state_of(network: Network, epochs: int) -> bytes:
    """All that the next step depends on."""
    description: dict[str, Any] = {"architecture": network.configuration.architecture, "steps": network.steps, "epochs": epochs}
    return to_bytes(description, network.arrays())


def _sum(graph: Graph, names: Sequence[str]) -> str:
    total = names[0]
    for name in names[1:]:
        total = graph.node("Add", total, name)
    return total


class _Emission:
    def __init__(self, graph: Graph, network: Network, tower: TowerConfiguration) -> None:
        self._graph = graph
        self._network = network
        self._tower = tower

    def _value(self, name: str) -> str:
        return self._graph.floats(self._network.values[f"{self._tower.name}/{name}"])

    def outputs(self) -> str:
        graph, current = self._graph, self._first()
        kind = {"relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid"}[self._network.configuration.activation]
        for index in range(1, len(self._tower.hidden) + 1):
            current = graph.node(kind, current)
            if self._network.configuration.batch_norm:
                current = self._normalized(current, index)
            current = graph.node("Add", graph.node("MatMul", current, self._value(f"layer{index}")), self._value(f"bias{index}"))
        return current

    def _first(self) -> str:
        graph, features, name = self._graph, self._network.features, self._tower.name
        parts = []
        numbers = [each.source for each in tower_features(features, name, "number") if isinstance(each.source, Numbers)]
        if numbers:
            parts.append(graph.node("MatMul", emit_side_by_side(numbers, graph), self._value("numbers")))
        start = 0
        for feature in tower_features(features, name, "indicator"):
            rows = self._network.values[f"{name}/indicators"][start : start + feature.width]
            start += feature.width
            parts.append(self._looked_up(feature, rows))
        for index, feature in enumerate(tower_features(features, name, "embedding")):
            vectors = self._looked_up(feature, self._network.values[f"{name}/embedding{index}"])
            parts.append(graph.node("MatMul", vectors, self._value(f"embedded{index}")))
        return graph.node("Add", _sum(graph, parts), self._value("bias0"))

    def _looked_up(self, feature: Feature, rows: Any) -> str:
        """The weighted sum [n, width] of the table's rows at each row's ids. The row behind the last is zero: it means none."""
        graph = self._graph
        found = feature.category.emit(graph)
        table = graph.floats(np.concatenate([rows, np.zeros((1, rows.shape[1]), np.float32)]))
        vectors = graph.node("Gather", table, found.ids)
        weights = found.weights
        if feature.encoding == "embedding" and feature.combiner != "sum":
            weights = self._combined(found.ids, weights, feature)
        if weights is not None:
            vectors = graph.node("Mul", vectors, graph.node("Unsqueeze", weights, graph.integers([2])))
        return graph.node("ReduceSum", vectors, graph.integers([1]), keepdims=0)

    def _combined(self, ids: str, weights: str | None, feature: Feature) -> str:
        """Nodes of `inputs.combined`."""
        graph = self._graph
        known = graph.cast(graph.node("Less", ids, graph.integers([feature.category.size])), 1)
        weights = known if weights is None else graph.node("Mul", weights, known)
        counted = weights if feature.combiner == "mean" else graph.node("Mul", weights, weights)
        total = graph.node("ReduceSum", counted, graph.integers([1]))
        if feature.combiner == "sqrtn":
            total = graph.node("Sqrt", total)
        empty = graph.node("Equal", total, graph.floats([0]))
        divided = graph.node("Div", weights, graph.node("Where", empty, graph.floats([1]), total))
        return graph.node("Where", empty, graph.floats([0]), divided)

    def _normalized(self, current: str, index: int) -> str:
        graph, averages, name = self._graph, self._network.averages, self._tower.name
        factor = 1 / np.sqrt(averages[f"{name}/variance{index}"] + EPSILON)
        centred = graph.node("Sub", current, graph.floats(averages[f"{name}/mean{index}"]))
        scaled = graph.node("Mul", graph.node("Mul", centred, graph.floats(factor)), self._value(f"gamma{index}"))
        return graph.node("Add", scaled, self._value(f"beta{index}"))
