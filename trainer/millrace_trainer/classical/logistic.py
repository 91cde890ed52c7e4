"""LogisticRegression, by scikit-learn's L-BFGS."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..checkpoint import from_bytes, to_bytes
from ..features.feature import Feature
from ..features.matrix import emit_matrix, matrix
from ..features.resolve import Reader, continued_features, resolve_features
from ..graph import Graph
from ..labels import class_places, class_weights, find_classes, known_classes, labelled, row_weights
from ..mistakes import Mistake, quoted
from ..network.estimator import check_classes
from ..prediction import Class, Kind, Prediction, emit_classes, emit_two_classes, sigmoid, softmax, two_classes
from ..table import Floats, Integers, Table
from ..training import Result, Start, Training


@dataclass(frozen=True)
class LogisticModel:
    """Weights [columns, outputs] and biases [outputs]; one output for two classes."""

    weights: Floats
    biases: Floats
    features: Sequence[Feature]
    classes: Sequence[Class]

    @property
    def kind(self) -> Kind:
        return "classifier"

    def predict(self, table: Table) -> Prediction:
        margins = matrix(self.features, table) @ self.weights + self.biases
        probabilities = two_classes(sigmoid(margins[:, 0])) if margins.shape[1] == 1 else softmax(margins)
        return Prediction(labels=probabilities.argmax(axis=1), probabilities=probabilities)

    def emit(self, graph: Graph) -> dict[str, str]:
        product = graph.node("MatMul", emit_matrix(self.features, graph), graph.floats(self.weights))
        margins = graph.node("Add", product, graph.floats(self.biases))
        if self.weights.shape[1] == 1:
            return emit_classes(graph, emit_two_classes(graph, graph.node("Sigmoid", margins)), self.classes)
        return emit_classes(graph, graph.node("Softmax", margins, axis=1), self.classes)

    def state(self) -> bytes:
        return to_bytes({}, {"weights": self.weights, "biases": self.biases})


def train_logistic(training: Training) -> Result:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    attributes = training.attributes
    wanted = attributes.integer("model.n_classes", default=0, least=2, most=100_000) or None
    strength = attributes.number("model.C", default=1.0, most=1e12, above=True)
    most = attributes.integer("model.max_iter", default=1000, most=1_000_000)
    by_class = attributes.numbers_or("balanced", "model.class_weights")
    weight_column = attributes.text("model.weight_column")
    attributes.finish(training.estimator)
    table = labelled(training.table, training.label)
    label = table.name_of(training.label or "")
    classes, features = _learned(training, table, label, wanted, weight_column)
    places = class_places(table, label, classes)
    weights = row_weights(table, weight_column, class_weights(by_class, places, classes), places)
    found = LogisticRegression(C=strength, max_iter=most, random_state=training.seed, warm_start=True)
    if training.start is not None:
        _, arrays = from_bytes(training.start.state)
        found.coef_, found.intercept_ = arrays["weights"].T.astype(np.float64), arrays["biases"].astype(np.float64)
        found.classes_ = np.unique(places)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            found.fit(matrix(features, table).astype(np.float64), places, weights)
        except ConvergenceWarning:
            raise Mistake(
                "TRAIN_DIVERGED", f"training did not converge in {most} rounds", "set a larger model.max_iter, or a smaller model.C"
            ) from None
    model = _model(found, features, classes, places)
    training.messages.progress("round", 1, 1, {})
    validation = (
        None if training.validation is None else labelled(known_classes(labelled(training.validation, label), label, classes), label)
    )
    return Result(model, [], None, table, validation)


def _learned(
    training: Training, table: Table, label: str, wanted: int | None, weight_column: str | None
) -> tuple[list[Class], list[Feature]]:
    reader = Reader(training.estimator, ("wide",), scaled=True, fills_null=True, embeds=False, bare_category="indicator")
    others = [label] + ([weight_column] if weight_column else [])
    if training.start is not None:
        classes = _classes_of_start(training.start, table, label)
        return classes, continued_features(training.start.features, training.features, table, others, reader)
    return find_classes(table, label, wanted), resolve_features(training.features, table, others, reader)


def _classes_of_start(start: Start, table: Table, label: str) -> list[Class]:
    """scikit-learn starts from weights of the classes that occur."""
    check_classes(start, table, label)
    classes = list(start.classes or [])
    missing = sorted(set(range(len(classes))) - set(class_places(table, label, classes).tolist()))
    if missing:
        message = f"no row has the class {quoted(str(classes[missing[0]]))} of the model to go on with"
        raise Mistake("TRAIN_GOING_ON", message, "select rows of all its classes, or train a new model without USING")
    return classes


def _model(found: object, features: list[Feature], classes: list[Class], places: Integers) -> LogisticModel:
    """scikit-learn knows only the classes that occur; one that does not gets no probability."""
    weights: Floats = found.coef_.T.astype(np.float32)  # type: ignore[attr-defined]
    biases: Floats = found.intercept_.astype(np.float32)  # type: ignore[attr-defined]
    occurring = np.unique(places)
    if len(occurring) == len(classes):
        return LogisticModel(weights, biases, features, classes)
    if weights.shape[1] == 1:
        half = np.float32(0.5)
        weights, biases = np.concatenate([-weights, weights], axis=1) * half, np.concatenate([-biases, biases]) * half
    wide = np.zeros((len(weights), len(classes)), np.float32)
    shifted = np.full(len(classes), -1e9, np.float32)
    wide[:, occurring], shifted[occurring] = weights, biases
    return LogisticModel(wide, shifted, features, classes)
