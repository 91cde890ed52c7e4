"""The model as one ONNX file: the graph, and in its metadata what going on and explaining need."""

import base64
import json
import platform
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from google.protobuf.message import DecodeError

from .features.feature import Feature, from_json, to_json
from .graph import Graph
from .mistakes import Defect, Mistake
from .prediction import Class, Kind, Trained
from .table import NumberColumn, Table
from .training import Start

# Protobuf's limit of a message: https://protobuf.dev/programming-guides/proto-limits/
LARGEST = 2**31 - 1
# Weights that are still zero pack well.
LARGEST_PACKED = 2**28
BATCH = 8192
PACKAGES = ("numpy", "scipy", "xgboost-cpu", "scikit-learn", "onnx", "onnxruntime")


@dataclass(frozen=True)
class Inputs:
    """The kind of each column that the model reads, and the names of its outputs by what they are."""

    columns: dict[str, str]
    outputs: dict[str, str]


@dataclass(frozen=True)
class ModelFile:
    """A model read from its file, whose bytes are `data`."""

    data: bytes
    kind: Kind
    label: str | None
    start: Start
    inputs: Inputs


def versions() -> dict[str, str]:
    """Versions of all that a model's bits depend on, without loading the libraries that this one does not need."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def build_model(trained: Trained, estimator: str, label: str | None, extra: dict[str, Any]) -> tuple[bytes, Inputs]:
    graph = Graph()
    outputs = trained.emit(graph)
    inputs = Inputs(graph.inputs, outputs)
    metadata = {
        "millrace.estimator": estimator,
        "millrace.kind": trained.kind,
        "millrace.label": json.dumps(label),
        "millrace.classes": json.dumps(None if trained.classes is None else list(trained.classes)),
        "millrace.inputs": json.dumps(inputs.columns),
        "millrace.outputs": json.dumps(outputs),
        "millrace.features": json.dumps([to_json(feature) for feature in trained.features]),
        "millrace.extra": json.dumps(extra),
        "millrace.versions": json.dumps(versions()),
        "millrace.state": base64.b64encode(zlib.compress(trained.state(), 6)).decode("ascii"),
    }
    try:
        model = graph.model(metadata)
        data: bytes = model.SerializeToString(deterministic=True)
    except ValueError as error:
        raise Mistake("TRAIN_TOO_LARGE", "the model has more than 2 GiB", "train a smaller one") from error
    onnx.checker.check_model(onnx.load_from_string(data))
    return data, inputs


def read_model(path: Path) -> ModelFile:
    """Raises `Mistake` for a model that the trainer did not make."""
    if path.is_symlink():
        raise Defect("model.onnx is a link")
    try:
        data = path.read_bytes()
        model = onnx.load_from_string(data)
        _check_self_contained(model)
        found = {entry.key: entry.value for entry in model.metadata_props}
        start = Start(
            estimator=found["millrace.estimator"],
            features=tuple(from_json(each) for each in json.loads(found["millrace.features"])),
            classes=_tuple(json.loads(found["millrace.classes"])),
            extra=json.loads(found["millrace.extra"]),
            state=_inflated(base64.b64decode(found["millrace.state"], validate=True)),
        )
        inputs = Inputs(json.loads(found["millrace.inputs"]), json.loads(found["millrace.outputs"]))
        kind: Kind = found["millrace.kind"]
        return ModelFile(data, kind, json.loads(found["millrace.label"]), start, inputs)
    except (DecodeError, KeyError, ValueError, TypeError, zlib.error) as error:
        raise Mistake("TRAIN_NOT_OURS", "the model was not trained by TO TRAIN", "name a model that TO TRAIN has made") from error


def _check_self_contained(model: onnx.ModelProto) -> None:
    """onnxruntime would read a tensor from any file that a crafted model names. Ours name none, and have no graphs within graphs."""
    constants = list(model.graph.initializer)
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.HasField("g") or attribute.graphs:
                raise ValueError("a graph within the graph")
            constants += [attribute.t, *attribute.tensors]
    if model.functions or model.graph.sparse_initializer:
        raise ValueError("functions or sparse constants")
    if any(each.data_location == onnx.TensorProto.EXTERNAL or each.external_data for each in constants):
        raise ValueError("a constant outside of the file")


def _tuple(values: Sequence[Class] | None) -> tuple[Class, ...] | None:
    return None if values is None else tuple(values)


def _inflated(data: bytes) -> bytes:
    """At most 256 MiB, or 20 times the bytes of the file: a crafted one may unpack to a thousand times as many."""
    reader = zlib.decompressobj()
    found = reader.decompress(data, min(LARGEST, max(LARGEST_PACKED, 20 * len(data))))
    if not reader.eof:
        raise ValueError("the state is too large or damaged")
    return found


def open_session(data: bytes) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def run_session(session: Any, inputs: Inputs, table: Table) -> dict[str, Any]:
    """The model's outputs by what they are, for all rows of a table."""
    feeds = {name: _feed(table, name, kind) for name, kind in inputs.columns.items()}
    names = list(inputs.outputs.values())
    pieces = [
        session.run(names, {name: values[start : start + BATCH] for name, values in feeds.items()}) for start in range(0, table.rows, BATCH)
    ]
    return {what: np.concatenate([piece[place] for piece in pieces]) for place, what in enumerate(inputs.outputs)}


def _feed(table: Table, name: str, kind: str) -> Any:
    if kind == "number":
        return table.numbers(name).floats().reshape(-1, 1)
    return table.texts(name).texts().reshape(-1, 1)


def features_of(table: Table, features: Sequence[Feature]) -> dict[str, bool]:
    """The columns that features read, and whether each holds numbers."""
    names = {table.name_of(name) for feature in features for name in feature.source.columns}
    return {name: isinstance(table.columns[name], NumberColumn) for name in table.columns if name in names}
