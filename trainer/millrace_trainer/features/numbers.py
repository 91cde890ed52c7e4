"""Columns that are numbers: one for each row, or a list of them in a text."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..graph import Graph
from ..table import Floats, Table
from .lists import emit_numbers, split_numbers


@dataclass(frozen=True)
class Numbers:
    """(value - shift) * factor. NULL becomes `fill`, or stays NaN where `fill` is None: trees treat it as missing."""

    column: str
    size: int
    separator: str | None
    fill: tuple[float, ...] | None
    shift: tuple[float, ...] | None
    factor: tuple[float, ...] | None

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    @property
    def width(self) -> int:
        return self.size

    def values(self, table: Table) -> Floats:
        values = self._raw(table)
        if self.fill is not None:
            values = np.where(np.isnan(values), np.asarray(self.fill, np.float32), values)
        if self.shift is not None and self.factor is not None:
            values = (values - np.asarray(self.shift, np.float32)) * np.asarray(self.factor, np.float32)
        return values

    def _raw(self, table: Table) -> Floats:
        if self.separator is not None:
            return split_numbers(table.texts(self.column), self.size, self.separator)
        return table.numbers(self.column).floats().reshape(-1, 1)

    def raw(self, graph: Graph) -> str:
        """The column's values as they are, float [n, width]."""
        return graph.number(self.column) if self.separator is None else emit_numbers(graph, self.column, self.size, self.separator)


def emit_side_by_side(sources: Sequence[Numbers], graph: Graph) -> str:
    """Nodes of `values` of all, float [n, their widths]: as few for 4,000 columns as for one."""
    alike = itertools.groupby(sources, lambda each: (each.fill is None, each.shift is None))
    return graph.concat([_emit_alike(list(group), graph) for _, group in alike])


def _emit_alike(sources: Sequence[Numbers], graph: Graph) -> str:
    values = graph.concat([each.raw(graph) for each in sources])
    if sources[0].fill is not None:
        fill = graph.floats([value for each in sources for value in each.fill or ()])
        values = graph.node("Where", graph.node("IsNaN", values), fill, values)
    if sources[0].shift is not None:
        shift = graph.floats([value for each in sources for value in each.shift or ()])
        factor = graph.floats([value for each in sources for value in each.factor or ()])
        values = graph.node("Mul", graph.node("Sub", values, shift), factor)
    return values


def fitted(column: str, size: int, separator: str | None, table: Table, *, filled: bool, scaled: bool) -> Numbers:
    """Learns the mean and the deviation of each value from the rows that are not NULL."""
    raw = Numbers(column, size, separator, None, None, None)
    if not filled:
        return raw
    values = raw.values(table).astype(np.float64)
    known = ~np.isnan(values)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, values, 0).sum(axis=0) / count
    if not scaled:
        return Numbers(column, size, separator, _single(mean), None, None)
    deviation = np.sqrt((np.where(known, values - mean, 0) ** 2).sum(axis=0) / count)
    # A constant column, up to rounding in 32 bits, becomes 0.
    constant = deviation <= np.abs(mean) * 1e-6
    factor = np.where(constant, 0.0, 1 / np.where(constant, 1.0, deviation))
    return Numbers(column, size, separator, _single(mean), _single(mean), _single(factor))


def _single(values: Sequence[float] | np.ndarray) -> tuple[float, ...]:
    return tuple(float(np.float32(value)) for value in values)
