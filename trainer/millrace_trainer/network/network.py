"""A network: towers whose outputs are added. Its whole state is `values`, `slots`, `averages` and `steps`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..checkpoint import Arrays
from ..features.feature import Feature
from ..mistakes import Mistake
from ..table import Floats, Integers
from .configuration import Configuration, TowerConfiguration
from .inputs import Inputs
from .optimizers import initial_slot

LARGEST = 2**28
# Weight of the past in batch normalization's running means.
MEMORY = np.float32(0.9)
EPSILON = np.float32(1e-3)


@dataclass
class Network:
    """`outputs`: 1 for two classes or a number, else the number of classes."""

    configuration: Configuration
    features: Sequence[Feature]
    outputs: int
    values: Arrays = field(default_factory=dict)
    slots: Arrays = field(default_factory=dict)
    averages: Arrays = field(default_factory=dict)
    steps: int = 0

    def arrays(self) -> Arrays:
        parts = {"values": self.values, "slots": self.slots, "averages": self.averages}
        return {f"{part}/{name}": array for part, arrays in parts.items() for name, array in arrays.items()}

    def restore(self, arrays: Arrays, steps: int) -> None:
        """Takes over a state. Raises `Mistake` if it is not of the same architecture."""
        before = self.arrays()
        if {name: array.shape for name, array in before.items()} != {name: array.shape for name, array in arrays.items()}:
            message = "the model to go on with has another architecture or optimizer"
            raise Mistake("TRAIN_GOING_ON", message, "give the same model.* attributes, optimizer and COLUMN as its statement")
        for name, array in arrays.items():
            part, _, rest = name.partition("/")
            getattr(self, part)[rest] = array
        self.steps = steps

    def forward(self, inputs: dict[str, Inputs]) -> Floats:
        """Outputs [n, outputs] without dropout, by the running means."""
        return sum_of([_Pass(self, tower, inputs[tower.name], None).output for tower in self.configuration.towers])

    def train(self, inputs: dict[str, Inputs], slope: Any, generator: np.random.Generator) -> float:
        """One step on a batch. `slope` gives the loss and its derivative by the outputs."""
        passes = [_Pass(self, tower, inputs[tower.name], generator) for tower in self.configuration.towers]
        loss, delta = slope(sum_of([each.output for each in passes]))
        self.steps += 1
        for each in passes:
            each.backward(delta)
        return float(loss)

    def update(self, tower: TowerConfiguration, name: str, gradient: Floats, rows: Integers | None = None) -> None:
        slots = [self.slots[f"{name}/{slot}"] for slot in tower.optimizer.slots]
        if rows is None:
            tower.optimizer.apply(self.values[name], np.ascontiguousarray(gradient), slots, self.steps)
        else:
            tower.optimizer.apply_rows(self.values[name], rows, gradient, slots, self.steps)


def sum_of(parts: Sequence[Floats]) -> Floats:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def new_network(configuration: Configuration, features: Sequence[Feature], outputs: int, generator: np.random.Generator) -> Network:
    network = Network(configuration, features, outputs)
    for tower in configuration.towers:
        _initialize(network, tower, generator)
    for tower in configuration.towers:
        for name, value in network.values.items():
            if name.startswith(f"{tower.name}/"):
                for slot in tower.optimizer.slots:
                    network.slots[f"{name}/{slot}"] = np.full_like(value, initial_slot(tower.optimizer, slot))
    return network


def tower_features(features: Sequence[Feature], tower: str, encoding: str) -> list[Feature]:
    return [feature for feature in features if feature.tower == tower and feature.encoding == encoding]


def _initialize(network: Network, tower: TowerConfiguration, generator: np.random.Generator) -> None:
    """Glorot's range for layers, zero for a linear model, as TensorFlow's estimators."""
    name, values = tower.name, network.values
    numbers, indicators, embeddings = (tower_features(network.features, name, each) for each in ("number", "indicator", "embedding"))
    sizes = [*tower.hidden, network.outputs]
    width = sum(feature.width for feature in numbers)
    categories = sum(feature.width for feature in indicators)
    dimensions = sum(feature.width for feature in embeddings)
    tables = sum(feature.category.size * feature.width for feature in embeddings)
    layers = sum(rows * columns for rows, columns in zip([width + categories + dimensions, *sizes], sizes, strict=False))
    # Before anything is allocated.
    if tables + layers > LARGEST:
        raise _too_large()

    def layer(rows: int, columns: int, inputs: int) -> Floats:
        limit = 0.0 if name == "wide" else (6 / max(1, inputs + columns)) ** 0.5
        return generator.uniform(-limit, limit, (rows, columns)).astype(np.float32)

    inputs = width + len(indicators) + dimensions
    values[f"{name}/numbers"] = layer(width, sizes[0], inputs)
    values[f"{name}/indicators"] = layer(categories, sizes[0], inputs)
    for index, feature in enumerate(embeddings):
        table = generator.normal(0, feature.width**-0.5, (feature.category.size, feature.width))
        values[f"{name}/embedding{index}"] = table.astype(np.float32)
        values[f"{name}/embedded{index}"] = layer(feature.width, sizes[0], inputs)
    values[f"{name}/bias0"] = np.zeros(sizes[0], np.float32)
    for index in range(1, len(sizes)):
        values[f"{name}/layer{index}"] = layer(sizes[index - 1], sizes[index], sizes[index - 1])
        values[f"{name}/bias{index}"] = np.zeros(sizes[index], np.float32)
        if network.configuration.batch_norm:
            values[f"{name}/gamma{index}"] = np.ones(sizes[index - 1], np.float32)
            values[f"{name}/beta{index}"] = np.zeros(sizes[index - 1], np.float32)
            network.averages[f"{name}/mean{index}"] = np.zeros(sizes[index - 1], np.float32)
            network.averages[f"{name}/variance{index}"] = np.ones(sizes[index - 1], np.float32)


def _too_large() -> Mistake:
    hint = "use smaller hidden units, and smaller sizes in INDICATOR and EMBEDDING"
    return Mistake("TRAIN_TOO_LARGE", f"the network has more than {LARGEST} parameters", hint)


class _Pass:
    """One tower's way forward over a batch, and back. With a generator it trains: dropout, and means of the batch."""

    def __init__(self, network: Network, tower: TowerConfiguration, inputs: Inputs, generator: np.random.Generator | None) -> None:
        self._network = network
        self._tower = tower
        self._inputs = inputs
        self._generator = generator
        self._layers: list[dict[str, Any]] = []
        current = self._first()
        for index in range(1, len(tower.hidden) + 1):
            current = self._hidden(current, index) @ self._value(f"layer{index}") + self._value(f"bias{index}")
        self.output: Floats = current

    def _value(self, name: str) -> Floats:
        return self._network.values[f"{self._tower.name}/{name}"]

    def _first(self) -> Floats:
        inputs = self._inputs
        result = inputs.numbers @ self._value("numbers") + self._value("bias0")
        if inputs.indicators is not None:
            result += inputs.indicators @ self._value("indicators")
        self._embedded = [each @ self._value(f"embedding{index}") for index, each in enumerate(inputs.embeddings)]
        for index, vectors in enumerate(self._embedded):
            result += vectors @ self._value(f"embedded{index}")
        return result

    def _hidden(self, current: Floats, index: int) -> Floats:
        """Activation, dropout, normalization: in TensorFlow's order."""
        kept: dict[str, Any] = {}
        result: Floats = _ACTIVATIONS[self._network.configuration.activation][0](current)
        kept["active"] = result
        rate = self._network.configuration.dropout
        if self._generator is not None and rate > 0:
            kept["mask"] = (self._generator.random(result.shape, np.float32) >= rate).astype(np.float32) / np.float32(1 - rate)
            result = result * np.asarray(kept["mask"], np.float32)
        if self._network.configuration.batch_norm:
            result = self._normalize(result, index, kept)
        kept["output"] = result
        self._layers.append(kept)
        return result

    def _normalize(self, values: Floats, index: int, kept: dict[str, Any]) -> Floats:
        averages, name = self._network.averages, self._tower.name
        if self._generator is None:
            mean, variance = averages[f"{name}/mean{index}"], averages[f"{name}/variance{index}"]
        else:
            mean, variance = values.mean(axis=0), values.var(axis=0)
            for key, value in ((f"{name}/mean{index}", mean), (f"{name}/variance{index}", variance)):
                averages[key] = MEMORY * averages[key] + (1 - MEMORY) * value
        kept["factor"] = 1 / np.sqrt(variance + EPSILON)
        kept["normal"] = (values - mean) * kept["factor"]
        result: Floats = kept["normal"] * self._value(f"gamma{index}") + self._value(f"beta{index}")
        return result

    def backward(self, delta: Floats) -> None:
        # Each layer's own weights change after they have passed the slope on.
        for index in range(len(self._tower.hidden), 0, -1):
            kept = self._layers[index - 1]
            before = delta @ self._value(f"layer{index}").T
            self._update(f"layer{index}", kept["output"].T @ delta)
            self._update(f"bias{index}", delta.sum(axis=0))
            delta = self._through(before, index, kept)
        self._first_backward(delta)

    def _through(self, delta: Floats, index: int, kept: dict[str, Any]) -> Floats:
        if "normal" in kept:
            gamma, normal = self._value(f"gamma{index}").copy(), kept["normal"]
            self._update(f"gamma{index}", (delta * normal).sum(axis=0))
            self._update(f"beta{index}", delta.sum(axis=0))
            scaled = delta * gamma
            delta = kept["factor"] * (scaled - scaled.mean(axis=0) - normal * (scaled * normal).mean(axis=0))
        if "mask" in kept:
            delta = delta * kept["mask"]
        result: Floats = delta * _ACTIVATIONS[self._network.configuration.activation][1](kept["active"])
        return result

    def _first_backward(self, delta: Floats) -> None:
        inputs = self._inputs
        for index, (each, vectors) in enumerate(zip(inputs.embeddings, self._embedded, strict=True)):
            before = delta @ self._value(f"embedded{index}").T
            self._update(f"embedded{index}", vectors.T @ delta)
            self._update_rows(f"embedding{index}", each, before)
        if inputs.indicators is not None:
            self._update_rows("indicators", inputs.indicators, delta)
        self._update("numbers", inputs.numbers.T @ delta)
        self._update("bias0", delta.sum(axis=0))

    def _update(self, name: str, gradient: Floats) -> None:
        self._network.update(self._tower, f"{self._tower.name}/{name}", gradient)

    def _update_rows(self, name: str, batch: Any, delta: Floats) -> None:
        """Of a sparse batch [n, categories], only the categories that it has get a gradient."""
        rows, places = np.unique(batch.indices, return_inverse=True)
        touched = type(batch)((batch.data, places, batch.indptr), shape=(batch.shape[0], len(rows)))
        self._network.update(self._tower, f"{self._tower.name}/{name}", touched.T @ delta, rows.astype(np.int64))


def _relu(values: Floats) -> Floats:
    return np.maximum(values, 0)


def _logistic(values: Floats) -> Floats:
    return (1 / (1 + np.exp(-np.clip(values, -80, 80)))).astype(np.float32)


# The function, and its slope by its result.
_ACTIVATIONS: dict[str, tuple[Any, Any]] = {
    "relu": (_relu, lambda active: (active > 0).astype(np.float32)),
    "tanh": (np.tanh, lambda active: 1 - active * active),
    "sigmoid": (_logistic, lambda active: active * (1 - active)),
}
