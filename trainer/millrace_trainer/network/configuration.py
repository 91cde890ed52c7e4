"""What the attributes of a statement say about a network."""

from dataclasses import dataclass
from typing import Any, Literal

from ..attributes import Attributes
from ..mistakes import Mistake, meant, quoted
from .optimizers import OPTIMIZERS, Optimizer, make_optimizer

TowerName = Literal["deep", "wide"]
ACTIVATIONS = ("relu", "tanh", "sigmoid")
LARGEST_LAYER = 65_536
USUAL_EPOCHS = 10
USUAL_STEPS = 1000
# TensorFlow's rate for the linear part of a combined model, which the deep part corrects:
# https://github.com/tensorflow/estimator/blob/v2.15.0/tensorflow_estimator/python/estimator/canned/dnn_linear_combined.py
COMBINED_LINEAR_RATE = 0.005

# SQLFlow's attributes that say how TensorFlow shall work, not what it shall learn.
WITHOUT_EFFECT = (
    "train.verbose",
    "train.num_workers",
    "train.num_ps",
    "train.worker_cpu",
    "train.worker_gpu",
    "train.disk_cache",
    "train.save_checkpoints_steps",
    "train.log_every_n_iter",
    "validation.start_delay_secs",
    "validation.throttle_secs",
    "validation.steps",
)


@dataclass(frozen=True)
class TowerConfiguration:
    name: TowerName
    hidden: tuple[int, ...]
    optimizer: Optimizer


@dataclass(frozen=True)
class Configuration:
    towers: tuple[TowerConfiguration, ...]
    activation: str
    dropout: float
    batch_norm: bool
    batch_size: int
    epochs: int | None
    most_steps: int
    patience: int
    classes: int | None
    class_weights: list[float] | str | None
    weight_column: str | None

    def epochs_over(self, rows: int) -> int:
        """As many as the statement says; otherwise ten, or more over few rows, so that there are a thousand steps."""
        steps = max(1, -(-rows // self.batch_size))
        return self.epochs or max(USUAL_EPOCHS, -(-USUAL_STEPS // steps))

    @property
    def architecture(self) -> dict[str, Any]:
        """What must be equal for a state to fit."""
        towers = [[tower.name, list(tower.hidden), type(tower.optimizer).__name__] for tower in self.towers]
        return {"towers": towers, "activation": self.activation, "batch_norm": self.batch_norm}


def read_configuration(attributes: Attributes, towers: tuple[TowerName, ...], classifies: bool) -> Configuration:
    """Reads the attributes of a network with these towers."""
    both = len(towers) > 1
    read = Configuration(
        towers=tuple(_tower(attributes, name, both) for name in towers),
        activation=attributes.choice("model.activation_fn", "model.dnn_activation_fn", choices=ACTIVATIONS, default="relu"),
        dropout=attributes.number("model.dropout", "model.dnn_dropout", default=0.0, most=0.99),
        batch_norm=attributes.boolean("model.batch_norm", default=False),
        batch_size=attributes.integer("train.batch_size", "model.batch_size", default=32, most=2**20),
        epochs=attributes.integer("train.epoch", "train.epochs", default=0, most=1_000_000) or None,
        most_steps=attributes.integer("train.max_steps", default=2**31 - 1),
        patience=attributes.integer("train.early_stopping_epochs", default=0, least=0),
        classes=attributes.integer("model.n_classes", default=0, least=2, most=100_000) or None if classifies else None,
        class_weights=attributes.numbers_or("balanced", "model.class_weights") if classifies else None,
        weight_column=attributes.text("model.weight_column"),
    )
    if not classifies:
        attributes.integer("model.label_dimension", default=1, most=1)
    return read


def _tower(attributes: Attributes, name: TowerName, both: bool) -> TowerConfiguration:
    prefix = {"deep": "dnn_", "wide": "linear_"}[name] if both else ""
    hidden: list[int] = []
    if name == "deep":
        hidden = attributes.integers(f"model.{prefix}hidden_units", default=[64, 32], most=LARGEST_LAYER)
    return TowerConfiguration(name, tuple(hidden), _optimizer(attributes, prefix, "ftrl" if name == "wide" else "adagrad"))


def _optimizer(attributes: Attributes, prefix: str, usual: str) -> Optimizer:
    given = attributes.text(f"model.{prefix}optimizer", *(["train.optimizer"] if prefix == "" else []))
    name = usual if given is None else given.lower().removesuffix("optimizer")
    if name not in OPTIMIZERS:
        hint = meant(given or "", OPTIMIZERS, f"choose one of {', '.join(OPTIMIZERS)}")
        raise Mistake("TRAIN_ATTRIBUTE_VALUE", f"model.{prefix}optimizer has an unknown value {quoted(given or '')}", hint)
    _, rate, parameters = OPTIMIZERS[name]
    usual_rate = COMBINED_LINEAR_RATE if prefix == "linear_" and name == "ftrl" else rate
    learning_rate = attributes.number(f"{prefix}optimizer.learning_rate", default=usual_rate, most=100, above=True)
    others = {
        field: attributes.number(f"{prefix}optimizer.{parameter}", default=-1.0, least=least, most=most)
        for parameter, (field, least, most) in parameters.items()
    }
    return make_optimizer(name, learning_rate, {field: value for field, value in others.items() if value != -1.0})
