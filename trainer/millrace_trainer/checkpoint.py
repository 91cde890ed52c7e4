"""Arrays and a description as one file: the same state gives the same bytes, and reading it runs no code.

A line of JSON (description, then name, type, shape of each array), then the arrays' bytes in this order."""

import json
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from .mistakes import Defect

Arrays = dict[str, npt.NDArray[Any]]
_TYPES = {"<f4", "<f8", "<i8"}


def to_bytes(description: dict[str, Any], arrays: Arrays) -> bytes:
    ordered = sorted(arrays)
    stored = {name: np.ascontiguousarray(arrays[name]) for name in ordered}
    shapes = [[name, stored[name].dtype.str, list(stored[name].shape)] for name in ordered]
    head = json.dumps({"description": description, "arrays": shapes}, sort_keys=True, allow_nan=False)
    return b"\n".join([head.encode("utf-8"), b"".join(stored[name].tobytes() for name in ordered)])


def from_bytes(data: bytes) -> tuple[dict[str, Any], Arrays]:
    """Raises `Defect` for bytes that `to_bytes` cannot have written."""
    try:
        end = data.index(b"\n")
        head = json.loads(data[:end])
        return head["description"], _arrays(head["arrays"], memoryview(data)[end + 1 :])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Defect("the state is damaged") from error


def _arrays(described: list[Any], rest: memoryview) -> Arrays:
    arrays: Arrays = {}
    for name, kind, shape in described:
        if kind not in _TYPES or not all(isinstance(size, int) and size >= 0 for size in shape):
            raise ValueError("unknown type or shape")
        length = math.prod(shape) * np.dtype(kind).itemsize
        if length > len(rest):
            raise ValueError("too short")
        arrays[name] = np.frombuffer(rest[:length], kind).reshape(shape).copy()
        rest = rest[length:]
    if len(rest) > 0:
        raise ValueError("too long")
    return arrays
