"""Columns that are categories: each row has ids from 0 to size - 1. The id `size` means none."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from onnx import TensorProto

from ..graph import Graph
from ..table import Floats, Integers, Table
from .lists import Parts, emit_ids, split_ids
from .murmur import hash_integers, hash_text


@dataclass(frozen=True)
class Ids:
    """ids [n, k] and weights [n, k], as arrays or as names of a graph."""

    ids: Integers
    weights: Floats | None = None


@dataclass(frozen=True)
class EmittedIds:
    ids: str
    weights: str | None = None


@dataclass(frozen=True)
class _OfColumn:
    """A category of one column."""

    column: str

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)


@dataclass(frozen=True)
class Bucket(_OfColumn):
    """Number of boundaries at or below the value. NULL belongs to the first bucket."""

    boundaries: tuple[float, ...]

    @property
    def size(self) -> int:
        return len(self.boundaries) + 1

    def ids(self, table: Table) -> Ids:
        values = table.numbers(self.column).floats()
        found = np.searchsorted(np.asarray(self.boundaries, np.float32), values, side="right")
        return Ids(np.where(np.isnan(values), 0, found).astype(np.int64).reshape(-1, 1))

    def emit(self, graph: Graph) -> EmittedIds:
        passed = graph.node("GreaterOrEqual", graph.number(self.column), graph.floats(self.boundaries))
        return EmittedIds(graph.node("ReduceSum", graph.cast(passed, TensorProto.INT64), graph.integers([1])))


@dataclass(frozen=True)
class Identity(_OfColumn):
    """The number itself. NULL and numbers outside 0 … size - 1 are 0."""

    size: int

    def ids(self, table: Table) -> Ids:
        values = table.numbers(self.column).floats()
        inside = (values >= 0) & (values < self.size)
        return Ids(np.where(inside, values, 0).astype(np.int64).reshape(-1, 1))

    def emit(self, graph: Graph) -> EmittedIds:
        values = graph.number(self.column)
        low = graph.node("GreaterOrEqual", values, graph.floats([0]))
        inside = graph.node("And", low, graph.node("Less", values, graph.floats([self.size])))
        return EmittedIds(graph.cast(graph.node("Where", inside, values, graph.floats([0])), TensorProto.INT64))


@dataclass(frozen=True)
class HashedNumber(_OfColumn):
    """Hash of the number's whole part, modulo size. NULL counts as 0."""

    size: int

    def ids(self, table: Table) -> Ids:
        values = table.numbers(self.column).floats()
        whole = np.where(np.abs(values) < 2.0**62, values, 0).astype(np.int64)
        return Ids((hash_integers(whole) % self.size).reshape(-1, 1))

    def emit(self, graph: Graph) -> EmittedIds:
        values = graph.number(self.column)
        inside = graph.node("Less", graph.node("Abs", values), graph.floats([2.0**62]))
        whole = graph.cast(graph.node("Where", inside, values, graph.floats([0])), TensorProto.INT64)
        return EmittedIds(_emit_hash(graph, whole, self.size))


@dataclass(frozen=True)
class HashedText(_OfColumn):
    """Hash of the text, modulo size. NULL counts as an empty text."""

    size: int

    def ids(self, table: Table) -> Ids:
        column = table.texts(self.column)
        return Ids(column.each(lambda text: hash_text(text) % self.size, np.int64).reshape(-1, 1))

    def emit(self, graph: Graph) -> EmittedIds:
        return EmittedIds(_emit_hash(graph, graph.text(self.column), self.size))


@dataclass(frozen=True)
class Vocabulary(_OfColumn):
    """The place of a text in a list. A text that training has not seen has no id."""

    values: tuple[str, ...]

    @property
    def size(self) -> int:
        return len(self.values)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {value: index for index, value in enumerate(self.values)}

    def ids(self, table: Table) -> Ids:
        column = table.texts(self.column)
        return Ids(column.each(lambda text: self._places.get(text, self.size), np.int64).reshape(-1, 1))

    def emit(self, graph: Graph) -> EmittedIds:
        ids = graph.node(
            "LabelEncoder",
            graph.text(self.column),
            domain="ai.onnx.ml",
            keys_strings=list(self.values),
            values_int64s=list(range(self.size)),
            default_int64=self.size,
        )
        return EmittedIds(ids)


@dataclass(frozen=True)
class ListOfIds(_OfColumn):
    """Several ids for each row, in a text. With `pair`, each has a weight."""

    size: int
    separator: str
    pair: str | None
    hashed: bool

    def ids(self, table: Table) -> Ids:
        parts: Parts = split_ids(table.texts(self.column), self.size, self.separator, self.pair, self.hashed)
        return Ids(parts.ids, parts.weights)

    def emit(self, graph: Graph) -> EmittedIds:
        return EmittedIds(*emit_ids(graph, self.column, self.size, self.separator, self.pair, self.hashed))


@dataclass(frozen=True)
class Cross:
    """Hash of the combination of several categories, modulo size."""

    parts: "tuple[Category, ...]"
    size: int

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(name for part in self.parts for name in part.columns)

    def ids(self, table: Table) -> Ids:
        combined = self.parts[0].ids(table).ids
        for part, reduced in zip(self.parts[1:], self._reduced(), strict=True):
            if reduced:
                combined = hash_integers(combined)
            combined = combined * (part.size + 1) + part.ids(table).ids
        return Ids(hash_integers(combined) % self.size)

    def emit(self, graph: Graph) -> EmittedIds:
        combined = self.parts[0].emit(graph).ids
        for part, reduced in zip(self.parts[1:], self._reduced(), strict=True):
            if reduced:
                combined = graph.cast(graph.node("MurmurHash3", combined, domain="com.microsoft"), TensorProto.INT64)
            product = graph.node("Mul", combined, graph.integers([part.size + 1]))
            combined = graph.node("Add", product, part.emit(graph).ids)
        return EmittedIds(_emit_hash(graph, combined, self.size))

    def _reduced(self) -> list[bool]:
        """Before which parts the combination so far is hashed, so that the next one stays within 64 bits."""
        reduced, range_so_far = [], self.parts[0].size + 1
        for part in self.parts[1:]:
            too_large = range_so_far * (part.size + 1) > 2**62
            reduced.append(too_large)
            range_so_far = (2**32 if too_large else range_so_far) * (part.size + 1)
        return reduced


Category = Bucket | Identity | HashedNumber | HashedText | Vocabulary | ListOfIds | Cross


def _emit_hash(graph: Graph, keys: str, size: int) -> str:
    hashes = graph.cast(graph.node("MurmurHash3", keys, domain="com.microsoft"), TensorProto.INT64)
    return graph.node("Mod", hashes, graph.integers([size]))
