"""What every estimator is given, and what it returns."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .attributes import Attributes
from .features.feature import Feature
from .messages import Messages
from .prediction import Class, Trained
from .table import Table


@dataclass(frozen=True)
class Start:
    """The model to go on with."""

    estimator: str
    features: tuple[Feature, ...]
    classes: tuple[Class, ...] | None
    extra: dict[str, Any]
    state: bytes


@dataclass(frozen=True)
class Training:
    estimator: str
    attributes: Attributes
    features: Sequence[Any] | None
    label: str | None
    table: Table
    validation: Table | None
    seed: int
    threads: int
    start: Start | None
    messages: Messages


@dataclass(frozen=True)
class Result:
    """`curve` has the metrics of every epoch or round; `best` is the one whose state was kept; `extra` goes into the file."""

    model: Trained
    curve: Sequence[dict[str, float]]
    best: int | None = None
    table: Table | None = None
    validation: Table | None = None
    extra: dict[str, Any] = field(default_factory=dict)
