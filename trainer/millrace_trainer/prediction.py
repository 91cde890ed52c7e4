"""What a model says about rows, by the library that trained it; and the graph's outputs for the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from onnx import TensorProto

from .features.feature import Feature
from .graph import Graph
from .table import Floats, Integers, Table

# A class is a value of the label's column.
Class = int | float | str
Kind = Literal["classifier", "regressor", "clusters"]


@dataclass(frozen=True)
class Prediction:
    """A classifier has `labels` (places in the list of classes), and probabilities [n, classes] or margins in `values`;
    a regressor has `values`; clusters have `labels` and distances [n, clusters] in `values`."""

    labels: Integers | None = None
    probabilities: Floats | None = None
    values: Floats | None = None


class Trained(Protocol):
    """A model after training."""

    @property
    def kind(self) -> Kind: ...

    @property
    def features(self) -> Sequence[Feature]: ...

    @property
    def classes(self) -> Sequence[Class] | None: ...

    def predict(self, table: Table) -> Prediction:
        """By the library itself."""
        ...

    def emit(self, graph: Graph) -> dict[str, str]:
        """Adds the model to a graph; returns the names of its outputs by what they are."""
        ...

    def state(self) -> bytes:
        """What explaining and going on need."""
        ...


def emit_classes(graph: Graph, probabilities: str, classes: Sequence[Class]) -> dict[str, str]:
    index = graph.node("ArgMax", probabilities, axis=1, keepdims=0)
    return {
        "label": emit_label(graph, index, classes),
        "probabilities": graph.output("probabilities", probabilities, TensorProto.FLOAT, ["n", len(classes)]),
    }


def emit_label(graph: Graph, index: str, classes: Sequence[Class]) -> str:
    """The class at `index` [n], in the type of the label's column."""
    if all(isinstance(each, int) for each in classes):
        values, kind = graph.integers(np.array(classes)), TensorProto.INT64
    elif all(isinstance(each, str) for each in classes):
        values, kind = graph.texts([str(each) for each in classes]), TensorProto.STRING
    else:
        values, kind = graph.doubles(np.array(classes)), TensorProto.DOUBLE
    return graph.output("label", graph.node("Gather", values, index), kind, ["n"])


def emit_value(graph: Graph, value: str, columns: int = 1) -> dict[str, str]:
    """`value` is float [n, columns]. One column becomes [n]."""
    if columns > 1:
        return {"value": graph.output("value", value, TensorProto.FLOAT, ["n", columns])}
    flat = graph.node("Reshape", value, graph.integers([-1]))
    return {"value": graph.output("value", flat, TensorProto.FLOAT, ["n"])}


def softmax(margins: Floats) -> Floats:
    powers = np.exp(margins - margins.max(axis=1, keepdims=True))
    result: Floats = powers / powers.sum(axis=1, keepdims=True)
    return result


def sigmoid(margins: Floats) -> Floats:
    # Without overflow on either side.
    small = np.exp(-np.abs(margins))
    result: Floats = np.where(margins >= 0, 1 / (1 + small), small / (1 + small)).astype(np.float32)
    return result


def two_classes(probability: Floats) -> Floats:
    """[n] of the second class to [n, 2]."""
    return np.stack([1 - probability, probability], axis=1)


def emit_two_classes(graph: Graph, probability: str) -> str:
    """[n, 1] of the second class to [n, 2]."""
    return graph.node("Concat", graph.node("Sub", graph.floats([1]), probability), probability, axis=1)


def as_json(values: Sequence[Class] | None) -> Any:
    return None if values is None else list(values)
