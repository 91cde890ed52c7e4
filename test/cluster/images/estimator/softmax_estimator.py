"""An estimator of a user's image, which also looks for secrets that it must not be given."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from millrace_trainer.checkpoint import to_bytes
from millrace_trainer.features.feature import Feature
from millrace_trainer.features.matrix import emit_matrix, matrix
from millrace_trainer.features.resolve import Reader, resolve_features
from millrace_trainer.graph import Graph
from millrace_trainer.labels import class_places, find_classes, known_classes, labelled
from millrace_trainer.mistakes import Mistake
from millrace_trainer.prediction import Class, Kind, Prediction, emit_classes, softmax
from millrace_trainer.table import Table
from millrace_trainer.training import Result, Training


@dataclass(frozen=True)
class SoftmaxModel:
    weights: np.ndarray
    bias: np.ndarray
    features: Sequence[Feature]
    classes: Sequence[Class]

    @property
    def kind(self) -> Kind:
        return "classifier"

    def predict(self, table: Table) -> Prediction:
        probabilities = softmax(matrix(self.features, table) @ self.weights + self.bias)
        return Prediction(labels=probabilities.argmax(axis=1), probabilities=probabilities)

    def emit(self, graph: Graph) -> dict[str, str]:
        scores = graph.node("MatMul", emit_matrix(self.features, graph), graph.floats(self.weights))
        return emit_classes(graph, graph.node("Softmax", graph.node("Add", scores, graph.floats(self.bias)), axis=1), self.classes)

    def state(self) -> bytes:
        return to_bytes({}, {"weights": self.weights, "bias": self.bias})


def found_secrets() -> list[str]:
    """Names of variables and files that tell how to reach a database or Kubernetes."""
    variables = [name for name, value in os.environ.items() if "mysql://" in value or name.startswith(("MILLRACE_DATA", "MILLRACE_SYS"))]
    token = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
    files = [path for path in Path("/work").rglob("*") if path.is_file() and b"mysql://" in path.read_bytes()]
    return variables + [str(path) for path in [*files, *([token] if token.exists() else [])]]


def train(training: Training) -> Result:
    epochs = training.attributes.integer("train.epoch", default=20)
    training.attributes.finish(training.estimator)
    if secrets := found_secrets():
        raise Mistake("TRAIN_NO_ROWS", f"this image was given {', '.join(secrets)}", "give it none")
    table = labelled(training.table, training.label)
    label = table.name_of(training.label or "")
    classes = find_classes(table, label, None)
    reader = Reader(training.estimator, ("deep",), scaled=True, fills_null=True, embeds=False, bare_category="indicator")
    features = resolve_features(training.features, table, [label], reader)
    rows, places = matrix(features, table), class_places(table, label, classes)
    weights = np.zeros((rows.shape[1], len(classes)), np.float32)
    bias = np.zeros(len(classes), np.float32)
    curve = []
    for epoch in range(epochs):
        probabilities = softmax(rows @ weights + bias)
        curve.append({"train_loss": float(-np.log(probabilities[np.arange(len(rows)), places] + 1e-9).mean())})
        probabilities[np.arange(len(rows)), places] -= 1
        weights -= rows.T @ probabilities / len(rows)
        bias -= probabilities.mean(axis=0)
        training.messages.progress("epoch", epoch + 1, epochs, curve[-1])
    validation = None
    if training.validation is not None:
        validation = labelled(known_classes(labelled(training.validation, label), label, classes), label)
    return Result(SoftmaxModel(weights, bias, features, classes), curve, table=table, validation=validation)
