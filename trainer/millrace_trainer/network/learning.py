"""One unit of training: a network passes once over all rows of a shard, in an order that the unit alone decides."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..fit import Fit, scaled_label
from ..labels import class_places, row_weights
from ..prediction import sigmoid, softmax, two_classes
from ..table import Floats, Integers, Table
from .configuration import Configuration
from .inputs import Inputs, make_inputs
from .network import Network

# Rows that are predicted at once.
CHUNK = 4096


@dataclass(frozen=True)
class Examples:
    """Rows ready for training: `target` holds classes, or numbers on the label's scale."""

    inputs: dict[str, Inputs]
    target: Any
    weights: Floats | None

    def __len__(self) -> int:
        return len(self.target)


def make_examples(fit: Fit, configuration: Configuration, table: Table, label: str) -> Examples:
    places = None if fit.classes is None else class_places(table, label, fit.classes)
    target = scaled_label(fit, table, label) if places is None else places
    weights = row_weights(table, configuration.weight_column, fit.class_weights, places)
    return Examples(tower_inputs(fit, table, configuration), target, weights)


def tower_inputs(fit: Fit, table: Table, configuration: Configuration) -> dict[str, Inputs]:
    towers = [tower.name for tower in configuration.towers]
    return {name: make_inputs([feature for feature in fit.features if feature.tower == name], table) for name in towers}


def seeded(*seeds: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seeds)))


def train_unit(network: Network, fit: Fit, examples: Examples, seed: int, model: int, epoch: int, shard: int) -> float:
    """Returns the mean loss over the unit's rows, each as it was before the step on it."""
    generator = seeded(seed, model, epoch, shard)
    order = generator.permutation(len(examples))
    # Batches of nearly one size: a last one of a single row would make a step as long as all others.
    batches = np.array_split(order, max(1, -(-len(order) // network.configuration.batch_size)))
    total, count = 0.0, 0
    for rows in batches:
        if network.steps >= network.configuration.most_steps:
            break
        inputs = {name: each.take(rows) for name, each in examples.inputs.items()}
        weights = None if examples.weights is None else examples.weights[rows]
        target = examples.target[rows]
        # A diverging loss becomes infinite, which the caller reports.
        with np.errstate(over="ignore", invalid="ignore"):
            loss = network.train(inputs, lambda outputs, t=target, w=weights: slope(fit, outputs, t, w), generator)
        total, count = total + loss * len(rows), count + len(rows)
    return total / max(1, count) / fit.factor**2


def slope(fit: Fit, outputs: Floats, target: Any, weights: Floats | None) -> tuple[float, Floats]:
    """The mean loss of a batch and its derivative by the outputs: cross entropy, or the squared error."""
    rows = np.float32(len(outputs))
    weight = np.ones((len(outputs), 1), np.float32) if weights is None else weights.reshape(-1, 1)
    if fit.classes is None:
        difference = outputs - target.reshape(-1, 1)
        return float((weight * difference * difference).sum() / rows), 2 * weight * difference / rows
    probabilities = to_probabilities(outputs)
    chosen = probabilities[np.arange(len(outputs)), target]
    loss = float(-(weight[:, 0] * np.log(np.maximum(chosen, np.float32(1e-30)))).sum() / rows)
    if outputs.shape[1] == 1:
        return loss, weight * (probabilities[:, 1:] - target.reshape(-1, 1).astype(np.float32)) / rows
    delta = probabilities.copy()
    delta[np.arange(len(outputs)), target] -= 1
    return loss, weight * delta / rows


def to_probabilities(outputs: Floats) -> Floats:
    return two_classes(sigmoid(outputs[:, 0])) if outputs.shape[1] == 1 else softmax(outputs)


def outputs_of(network: Network, inputs: dict[str, Inputs], rows: int) -> Floats:
    """The network's outputs [rows, outputs], computed piece by piece."""
    pieces: list[Integers] = [np.arange(start, min(start + CHUNK, rows)) for start in range(0, rows, CHUNK)]
    found = [network.forward({name: each.take(piece) for name, each in inputs.items()}) for piece in pieces]
    return np.concatenate(found) if found else np.zeros((0, network.outputs), np.float32)


def loss_of(network: Network, fit: Fit, examples: Examples) -> float:
    """The mean loss over all rows, on the label's own scale."""
    outputs = outputs_of(network, examples.inputs, len(examples))
    return slope(fit, outputs, examples.target, examples.weights)[0] / fit.factor**2
