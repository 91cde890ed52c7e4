"""Builds an ONNX graph by name: inputs are a table's columns, every node's output gets a name of its own."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from .mistakes import Mistake, quoted

# What onnxruntime-node 1.30 loads; onnx 1.23 would write later ones by default.
OPSET = 17
# StringSplit came with it: https://onnx.ai/onnx/operators/onnx__StringSplit.html
OPSET_OF_LISTS = 20
ML_OPSET = 3
IR_VERSION = 9


class Graph:
    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}
        self._inputs: dict[str, str] = {}
        self._outputs: list[onnx.ValueInfoProto] = []
        self._count = 0
        self._domains = {"": OPSET}

    def number(self, column: str) -> str:
        """The input of a column of numbers, float [n, 1]."""
        return self._input(column, "number")

    def text(self, column: str) -> str:
        """The input of a column of texts, string [n, 1]."""
        return self._input(column, "text")

    def _input(self, column: str, kind: str) -> str:
        if column == "" or column.endswith(" "):
            raise Mistake("TRAIN_COLUMN_NAME", f"the name of column {quoted(column)} is empty or ends with a space", "rename it with AS")
        self._inputs.setdefault(column, kind)
        return column

    @property
    def inputs(self) -> dict[str, str]:
        """The kind of each input, by its column."""
        return dict(self._inputs)

    def node(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Adds a node with one output; returns the output's name."""
        return self.nodes(kind, 1, *inputs, domain=domain, **attributes)[0]

    def nodes(self, kind: str, outputs: int, *inputs: str, domain: str = "", **attributes: Any) -> list[str]:
        names = [self._name() for _ in range(outputs)]
        self._nodes.append(helper.make_node(kind, list(inputs), names, domain=domain, **attributes))
        if domain != "":
            self._domains[domain] = ML_OPSET if domain == "ai.onnx.ml" else 1
        if kind == "StringSplit":
            self._domains[""] = OPSET_OF_LISTS
        return names

    def include(self, model: onnx.ModelProto, *inputs: str) -> list[str]:
        """Adds the nodes of another model of at most our opset, whose inputs are these; returns its outputs."""
        names: dict[str, str] = {given.name: own for given, own in zip(model.graph.input, inputs, strict=True)}
        for constant in model.graph.initializer:
            names[constant.name] = self._name()
            own = onnx.TensorProto()
            own.CopyFrom(constant)
            own.name = names[constant.name]
            self._constants[own.name] = own
        for node in model.graph.node:
            own_node = onnx.NodeProto()
            own_node.CopyFrom(node)
            for output in node.output:
                names[output] = self._name() if output else ""
            own_node.input[:] = [names[name] if name else "" for name in node.input]
            own_node.output[:] = [names[name] for name in node.output]
            own_node.name = ""
            self._nodes.append(own_node)
        return [names[output.name] for output in model.graph.output]

    def floats(self, values: npt.ArrayLike) -> str:
        return self._constant(np.asarray(values, np.float32))

    def integers(self, values: npt.ArrayLike) -> str:
        return self._constant(np.asarray(values, np.int64))

    def doubles(self, values: npt.ArrayLike) -> str:
        return self._constant(np.asarray(values, np.float64))

    def texts(self, values: Sequence[str]) -> str:
        return self._constant(np.array(list(values), object))

    def cast(self, name: str, to: int) -> str:
        return self.node("Cast", name, to=to)

    def concat(self, names: Sequence[str]) -> str:
        return names[0] if len(names) == 1 else self.node("Concat", *names, axis=1)

    def output(self, name: str, source: str, kind: int, shape: Sequence[int | str]) -> str:
        """Declares an output. Appends `_` to its name if a column has the same."""
        while name in self._inputs:
            name += "_"
        self._nodes.append(helper.make_node("Identity", [source], [name]))
        self._outputs.append(helper.make_tensor_value_info(name, kind, list(shape)))
        return name

    def model(self, metadata: dict[str, str]) -> onnx.ModelProto:
        kinds = {"number": TensorProto.FLOAT, "text": TensorProto.STRING}
        inputs = [helper.make_tensor_value_info(name, kinds[kind], ["n", 1]) for name, kind in self._inputs.items()]
        graph = helper.make_graph(self._nodes, "millrace", inputs, self._outputs, list(self._constants.values()))
        opsets = [helper.make_opsetid(domain, version) for domain, version in sorted(self._domains.items())]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="millrace_trainer")
        helper.set_model_props(model, metadata)
        return model

    def _constant(self, values: npt.NDArray[Any]) -> str:
        name = self._name()
        self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(values).reshape(values.shape), name)
        return name

    def _name(self) -> str:
        # No input ends with a space.
        self._count += 1
        return f"{self._count} "
