"""Optimizers as TensorFlow defines them. Each changes every number by itself, so rows can be updated alone."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..table import Floats, Integers

# Numbers in a piece: its slots stay in the first cache, which halves the time of large layers.
PIECE = 16_384


@dataclass(frozen=True)
class Optimizer(ABC):
    """`rows_only`: without a gradient a number stays as it is, so that rows that no example has touched need no update."""

    learning_rate: float
    slots: ClassVar[tuple[str, ...]] = ()
    initial: ClassVar[float] = 0.0
    rows_only: ClassVar[bool] = True

    @abstractmethod
    def change(self, values: Floats, gradient: Floats, slots: Sequence[Floats], step: int) -> None:
        """Changes `values` and `slots`, which are flat, in place."""

    def apply(self, values: Floats, gradient: Floats, slots: Sequence[Floats], step: int) -> None:
        flat = [each.reshape(-1) for each in (values, gradient, *slots)]
        for start in range(0, flat[0].size, PIECE):
            piece = [each[start : start + PIECE] for each in flat]
            self.change(piece[0], piece[1], piece[2:], step)

    def apply_rows(self, values: Floats, rows: Integers, gradient: Floats, slots: Sequence[Floats], step: int) -> None:
        """`gradient` has the rows `rows` of the whole gradient; all others are zero."""
        if not self.rows_only:
            whole = np.zeros_like(values)
            whole[rows] = gradient
            self.apply(values, whole, slots, step)
            return
        taken = [values[rows], *(slot[rows] for slot in slots)]
        self.apply(taken[0], np.ascontiguousarray(gradient), taken[1:], step)
        for target, changed in zip([values, *slots], taken, strict=True):
            target[rows] = changed


class SGD(Optimizer):
    def change(self, values: Floats, gradient: Floats, slots: Sequence[Floats], step: int) -> None:
        values -= np.float32(self.learning_rate) * gradient


@dataclass(frozen=True)
class Momentum(Optimizer):
    momentum: float = 0.9
    slots = ("momentum",)
    rows_only = False

    def change(self, values: Floats, gradient: Floats, slots: Sequence[Floats], step: int) -> None:
        (velocity,) = slots
        velocity *= np.float32(self.momentum)
        velocity += gradient
        values -= np.float32(self.learning_rate) * velocity


class Adagrad(Optimizer):
    slots = ("squares",)
    initial = 0.1

    def change(self, values: Floats, gradient: Floats, slots: Sequence[Floats], step: int) -> None:
        (squares,) = slots
        squares += gradient * gradient
        values -= np.float32(self.learning_rate) * gradient / np.sqrt(squares)


@dataclass(frozen=True)
class RMSprop(Optimizer):
    rho: float = 0.9
    epsilon: float = 1e-7
    slots = ("squares",)
    rows_only = False

    def change(self, values: Floats, gradient: Floats, slots: Sequence[Floats], step: int) -> None:
        (squares,) = slots
        squares *= np.float32(self.rho)
        squares += np.float32(1 - self.rho) * gradient * gradient
        values -= np.float32(self.learning_rate) * gradient / (np.sqrt(squares) + np.float32(self.epsilon))


@dataclass(frozen=True)
class Adam(Optimizer):
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    slots = ("mean", "squares")
    rows_only = False

    def change(self, values: Floats, gradient: Floats, slots: Sequence[Floats], step: int) -> None:
        mean, squares = slots
        mean *= np.float32(self.beta_1)
        mean += np.float32(1 - self.beta_1) * gradient
        squares *= np.float32(self.beta_2)
        squares += np.float32(1 - self.beta_2) * gradient * gradient
        rate = self.learning_rate * (1 - self.beta_2**step) ** 0.5 / (1 - self.beta_1**step)
        values -= np.float32(rate) * mean / (np.sqrt(squares) + np.float32(self.epsilon))


@dataclass(frozen=True)
class Ftrl(Optimizer):
    """https://research.google/pubs/ad-click-prediction-a-view-from-the-trenches/, Algorithm 1."""

    l1: float = 0.0
    l2: float = 0.0
    slots = ("linear", "squares")
    initial = 0.1

    def change(self, values: Floats, gradient: Floats, slots: Sequence[Floats], step: int) -> None:
        linear, squares = slots
        before = np.sqrt(squares)
        squares += gradient * gradient
        after = np.sqrt(squares)
        rate = np.float32(self.learning_rate)
        linear += gradient - (after - before) / rate * values
        shrunk = np.sign(linear) * np.float32(self.l1) - linear
        values[...] = np.where(np.abs(linear) <= np.float32(self.l1), 0, shrunk / (after / rate + np.float32(2 * self.l2)))


# Name in lower case and without "optimizer" -> class, its usual learning rate, and its other parameters with their ranges.
OPTIMIZERS: dict[str, tuple[type[Optimizer], float, dict[str, tuple[str, float, float]]]] = {
    "adagrad": (Adagrad, 0.05, {}),
    "adam": (Adam, 0.001, {"beta_1": ("beta_1", 0, 0.9999), "beta_2": ("beta_2", 0, 0.99999), "epsilon": ("epsilon", 1e-12, 1)}),
    "ftrl": (Ftrl, 0.2, {"l1_regularization_strength": ("l1", 0, 1e6), "l2_regularization_strength": ("l2", 0, 1e6)}),
    "momentum": (Momentum, 0.01, {"momentum": ("momentum", 0, 0.9999)}),
    "rmsprop": (RMSprop, 0.001, {"rho": ("rho", 0, 0.9999), "epsilon": ("epsilon", 1e-12, 1)}),
    "sgd": (SGD, 0.01, {}),
}


def initial_slot(optimizer: Optimizer, slot: str) -> float:
    """Sums of squares begin above zero where the first step divides by their root."""
    return optimizer.initial if slot == "squares" else 0.0


def make_optimizer(name: str, learning_rate: float | None, others: dict[str, Any]) -> Optimizer:
    kind, usual, _ = OPTIMIZERS[name]
    return kind(usual if learning_rate is None else learning_rate, **others)
