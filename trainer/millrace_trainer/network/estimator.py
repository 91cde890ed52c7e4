"""DNNClassifier and its kin: from the attributes to the trained network."""

from typing import Any

from ..checkpoint import from_bytes
from ..features.resolve import Reader, continued_features
from ..fit import Fit, learn_fit
from ..labels import class_places, class_weights, known_classes, labelled
from ..mistakes import Mistake, quoted
from ..table import Table
from ..training import Result, Start, Training
from .configuration import WITHOUT_EFFECT, Configuration, TowerName, read_configuration
from .learning import Examples, loss_of, make_examples, seeded, train_unit
from .model import NetworkModel, state_of
from .network import Network, new_network

# Name -> towers, and whether the label is a class.
NETWORKS: dict[str, tuple[tuple[TowerName, ...], bool]] = {
    "DNNClassifier": (("deep",), True),
    "DNNRegressor": (("deep",), False),
    "DNNLinearCombinedClassifier": (("deep", "wide"), True),
    "DNNLinearCombinedRegressor": (("deep", "wide"), False),
    "LinearClassifier": (("wide",), True),
    "LinearRegressor": (("wide",), False),
}


def reader_of(estimator: str) -> Reader:
    towers, _ = NETWORKS[estimator]
    bare = "indicator" if towers == ("wide",) else None
    return Reader(estimator, towers, scaled=True, fills_null=True, embeds=True, bare_category=bare)  # type: ignore[arg-type]


def configure(training: Training) -> Configuration:
    towers, classifies = NETWORKS[training.estimator]
    configuration = read_configuration(training.attributes, towers, classifies)
    for name in training.attributes.ignored(*WITHOUT_EFFECT):
        training.messages.warning("TRAIN_ATTRIBUTE_IGNORED", f"{name} has no effect here")
    return configuration


def train_network(training: Training) -> Result:
    configuration = configure(training)
    training.attributes.finish(training.estimator)
    table = labelled(training.table, training.label)
    label = table.name_of(training.label or "")
    fit = fit_of(training, configuration, table, label)
    network, done = start_network(training, configuration, fit)
    examples = make_examples(fit, configuration, table, label)
    validation = None if training.validation is None else labelled(training.validation, training.label)
    if validation is not None and fit.classes is not None:
        validation = labelled(known_classes(validation, label, fit.classes), label)
    checked = None if validation is None else make_examples(fit, configuration, validation, label)
    if configuration.patience > 0 and checked is None:
        raise Mistake("TRAIN_VALIDATION_MISSING", "train.early_stopping_epochs needs validation rows", "add validation.select")
    curve, best = _epochs(training, network, fit, examples, checked, done)
    model = NetworkModel(network, fit, done + len(curve))
    return Result(model, curve, best, table, validation, {"shift": fit.shift, "factor": fit.factor})


def fit_of(training: Training, configuration: Configuration, table: Table, label: str) -> Fit:
    """Learns features and classes, or takes those of the model to go on with."""
    if training.start is not None:
        return _fit_of_start(training, training.start, configuration, table, label)
    _, classifies = NETWORKS[training.estimator]
    return learn_fit(training.features, label, table, reader_of(training.estimator), configuration, classifies)


def _fit_of_start(training: Training, start: Start, configuration: Configuration, table: Table, label: str) -> Fit:
    check_classes(start, table, label)
    others = [label] + ([configuration.weight_column] if configuration.weight_column else [])
    features = tuple(continued_features(start.features, training.features, table, others, reader_of(training.estimator)))
    weights = None
    if start.classes is not None:
        weights = class_weights(configuration.class_weights, class_places(table, label, start.classes), start.classes)
    return Fit(features, start.classes, start.extra["shift"], start.extra["factor"], tuple(weights) if weights else None)


def check_classes(start: Start, table: Table, label: str) -> None:
    if start.classes is not None and (class_places(table, label, start.classes) < 0).any():
        message = f"the label {quoted(label)} has classes that the model to go on with does not know"
        raise Mistake("TRAIN_GOING_ON", message, "train a new model without USING")


def start_network(training: Training, configuration: Configuration, fit: Fit, model: int = 0) -> tuple[Network, int]:
    """A new network, or the one to go on with and the number of its epochs."""
    network = new_network(configuration, fit.features, fit.outputs, seeded(training.seed, model))
    if training.start is None:
        return network, 0
    return network, restore(network, training.start.state)


def restore(network: Network, state: bytes) -> int:
    """Takes over a stored state; returns the number of its epochs."""
    description, arrays = from_bytes(state)
    if description["architecture"] != network.configuration.architecture:
        message = "the model to go on with has another architecture or optimizer"
        raise Mistake("TRAIN_GOING_ON", message, "give the same model.* attributes and optimizer as its statement")
    network.restore(arrays, int(description["steps"]))
    return int(description["epochs"])


def _epochs(
    training: Training, network: Network, fit: Fit, examples: Examples, checked: Examples | None, done: int
) -> tuple[list[dict[str, float]], int | None]:
    """Trains; with early stopping, leaves the network in the state of its best epoch."""
    configuration = network.configuration
    curve: list[dict[str, float]] = []
    best: tuple[float, int, Any] | None = None
    epochs = configuration.epochs_over(len(examples))
    for epoch in range(epochs):
        metrics = {"train_loss": train_unit(network, fit, examples, training.seed, 0, done + epoch, 0)}
        check_loss(metrics["train_loss"])
        if checked is not None:
            metrics["valid_loss"] = loss_of(network, fit, checked)
        curve.append(metrics)
        training.messages.progress("epoch", epoch + 1, epochs, metrics)
        if configuration.patience > 0:
            if best is None or metrics["valid_loss"] < best[0]:
                best = (metrics["valid_loss"], epoch, state_of(network, done + epoch + 1))
            elif epoch - best[1] >= configuration.patience:
                break
        if network.steps >= configuration.most_steps:
            break
    if best is None:
        return curve, None
    restore(network, best[2])
    return curve, best[1] + 1


def check_loss(loss: float) -> None:
    if not abs(loss) < float("inf"):
        raise Mistake("TRAIN_DIVERGED", "the loss became infinite: training diverged", "lower optimizer.learning_rate")
