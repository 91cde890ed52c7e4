"""Texts that hold lists, such as "3,17,55" and "3:0.5,17:1"."""

from dataclasses import dataclass

import numpy as np
from onnx import TensorProto

from ..graph import Graph
from ..mistakes import Mistake, quoted
from ..table import Floats, Integers, TextColumn
from .murmur import hash_text

# Longer lists are rejected: each row of a batch has the length of the longest.
LONGEST = 65536


@dataclass(frozen=True)
class Parts:
    """The parts of each row's list as rows of one length. `ids` is `size` where a row has no further part."""

    ids: Integers
    weights: Floats | None


def split_numbers(column: TextColumn, size: int, separator: str) -> Floats:
    """The numbers of each text [rows, size]. A missing text is NaN."""

    def parse(text: str) -> list[float]:
        if text == "":
            return [np.nan] * size
        parts = split_list(text, separator)
        if len(parts) != size:
            raise _malformed(column, text, f"has {len(parts)} values, not {size}")
        return [_number(column, text, part) for part in parts]

    table = np.array([parse(text) for text in [*column.dictionary, ""]], np.float32)
    return table.reshape(-1, size)[column.codes]


def split_list(text: str, separator: str) -> list[str]:
    """A list may end with its separator, as in SQLFlow."""
    parts = text.split(separator)
    return parts[:-1] if len(parts) > 1 and parts[-1] == "" else parts


def list_size(column: TextColumn, separator: str = ",") -> int | None:
    """The number of ids that lists of whole numbers need. None: some text holds something else, or none is a list."""
    largest, lists = -1, 0
    for text in filter(None, column.dictionary):
        parts = split_list(text, separator)
        lists += len(parts) > 1
        for part in parts:
            if not part.strip().isdecimal() or len(part) > 6:
                return None
            largest = max(largest, int(part))
    return largest + 1 if lists > 0 else None


def count_numbers(column: TextColumn, separator: str = ",") -> int | None:
    """The one number of numbers that all texts hold, if there are at least two in each."""
    counts = set()
    for text in filter(None, column.dictionary):
        parts = split_list(text, separator)
        try:
            counts.update([len(parts)] if np.isfinite([float(part) for part in parts]).all() else [0])
        except ValueError:
            return None
        if len(counts) > 1:
            return None
    found = counts.pop() if counts else 0
    return found if found > 1 else None


def split_ids(column: TextColumn, size: int, separator: str, pair: str | None, hashed: bool) -> Parts:
    """The ids of each text, and their weights if the parts are pairs. Ids outside 0 … size - 1 are omitted."""

    def parse(text: str) -> list[tuple[int, float]]:
        parts = [part for part in text.split(separator) if part != ""] if text else []
        if len(parts) > LONGEST:
            raise _malformed(column, text, f"has more than {LONGEST} values")
        pairs = [part.partition(pair) if pair else (part, "", "") for part in parts]
        ids = [hash_text(key) % size if hashed else _integer(column, text, key) for key, _, _ in pairs]
        weights = [_number(column, text, value) if value else 1.0 for _, _, value in pairs]
        return [(each if 0 <= each < size else size, weight) for each, weight in zip(ids, weights, strict=True)]

    rows = [parse(text) for text in [*column.dictionary, ""]]
    longest = max(1, *map(len, rows))
    ids = np.full((len(rows), longest), size, np.int64)
    weights = np.zeros((len(rows), longest), np.float32)
    for index, row in enumerate(rows):
        for place, (each, weight) in enumerate(row):
            ids[index, place], weights[index, place] = each, weight
    return Parts(ids[column.codes], weights[column.codes] if pair else None)


def emit_numbers(graph: Graph, name: str, size: int, separator: str) -> str:
    """Nodes of `split_numbers`."""
    parts = _first(graph, _split(graph, graph.text(name), separator), size, axis=1)
    empty = graph.node("Equal", parts, graph.texts([""]))
    numbers = graph.cast(graph.node("Where", empty, graph.texts(["0"]), parts), TensorProto.FLOAT)
    return graph.node("Where", empty, graph.floats([np.nan]), numbers)


def emit_ids(graph: Graph, name: str, size: int, separator: str, pair: str | None, hashed: bool) -> tuple[str, str | None]:
    """Nodes of `split_ids`: ids and weights [n, k]."""
    # One more, so that a batch of empty texts has a part.
    parts = _with_empty(graph, _split(graph, graph.text(name), separator))
    keys, weights = (parts, None) if pair is None else _pairs(graph, parts, pair)
    empty = graph.node("Equal", parts, graph.texts([""]))
    none = graph.integers([size])
    if hashed:
        hashes = graph.cast(graph.node("MurmurHash3", keys, domain="com.microsoft"), TensorProto.INT64)
        ids = graph.node("Mod", hashes, none)
    else:
        ids = graph.cast(graph.node("Where", empty, graph.texts(["-1"]), keys), TensorProto.INT64)
    inside = graph.node("And", graph.node("GreaterOrEqual", ids, graph.integers([0])), graph.node("Less", ids, none))
    inside = graph.node("And", inside, graph.node("Not", empty))
    return graph.node("Where", inside, ids, none), weights


def _split(graph: Graph, name: str, separator: str) -> str:
    """[n, 1] to [n, k]."""
    parts, _ = graph.nodes("StringSplit", 2, name, delimiter=separator)
    return graph.node("Squeeze", parts, graph.integers([1]))


def _with_empty(graph: Graph, parts: str) -> str:
    rows = graph.node("Slice", graph.node("Shape", parts), graph.integers([0]), graph.integers([1]))
    shape = graph.node("Concat", rows, graph.integers([1]), axis=0)
    return graph.node("Concat", parts, graph.node("Expand", graph.texts([""]), shape), axis=1)


def _first(graph: Graph, parts: str, size: int, axis: int) -> str:
    """The first `size` parts, filled up with empty texts."""
    shape = graph.node("Shape", parts)
    rest = graph.node("Slice", shape, graph.integers([0]), graph.integers([axis]))
    filling = graph.node("Expand", graph.texts([""]), graph.node("Concat", rest, graph.integers([size]), axis=0))
    filled = graph.node("Concat", parts, filling, axis=axis)
    return graph.node("Slice", filled, graph.integers([0]), graph.integers([size]), graph.integers([axis]))


def _pairs(graph: Graph, parts: str, pair: str) -> tuple[str, str]:
    """Keys and weights [n, k] of parts such as "3:0.5"."""
    split, _ = graph.nodes("StringSplit", 2, parts, delimiter=pair, maxsplit=1)
    two = _first(graph, split, 2, axis=2)
    key = graph.node("Gather", two, graph.integers(0), axis=2)
    weight = graph.node("Gather", two, graph.integers(1), axis=2)
    missing = graph.node("Equal", weight, graph.texts([""]))
    return key, graph.cast(graph.node("Where", missing, graph.texts(["1"]), weight), TensorProto.FLOAT)


def _integer(column: TextColumn, text: str, part: str) -> int:
    try:
        value = int(part)
    except ValueError:
        raise _malformed(column, text, f"holds {quoted(part)}, which is not a whole number") from None
    return value if abs(value) < 2**62 else -1


def _number(column: TextColumn, text: str, part: str) -> float:
    try:
        return float(part)
    except ValueError:
        raise _malformed(column, text, f"holds {quoted(part)}, which is not a number") from None


def _malformed(column: TextColumn, text: str, why: str) -> Mistake:
    hint = "correct or leave out such rows in the query, or describe the column differently in COLUMN"
    return Mistake("TRAIN_VALUE_MALFORMED", f"in column {quoted(column.name)}, {quoted(text)} {why}", hint)
