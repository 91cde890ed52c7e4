"""Estimators that a package in a user's image adds."""

import sys
import textwrap
from pathlib import Path

import numpy as np
import onnx
import pytest
from conftest import Folder
from onnx import TensorProto, helper

from millrace_trainer.estimators import find_estimator
from millrace_trainer.graph import Graph
from millrace_trainer.mistakes import Mistake
from millrace_trainer.model_file import open_session

MEAN = """
    from dataclasses import dataclass, field
    from typing import Any

    import numpy as np

    from millrace_trainer.features.matrix import emit_matrix, matrix
    from millrace_trainer.features.resolve import Reader, resolve_features
    from millrace_trainer.labels import label_numbers, labelled
    from millrace_trainer.prediction import Prediction, emit_value
    from millrace_trainer.training import Result

    @dataclass(frozen=True)
    class Model:
        factor: float
        features: Any
        kind: str = "regressor"
        classes: Any = None

        def predict(self, table):
            return Prediction(values=matrix(self.features, table).sum(axis=1) * np.float32(self.factor))

        def emit(self, graph):
            summed = graph.node("ReduceSum", emit_matrix(self.features, graph), graph.integers([1]))
            return emit_value(graph, graph.node("Mul", summed, graph.floats([self.factor])))

        def state(self):
            return b""

    def train(training):
        factor = training.attributes.number("model.factor", default=1.0)
        training.attributes.finish(training.estimator)
        table = labelled(training.table, training.label)
        reader = Reader(training.estimator, ("deep",), scaled=False, fills_null=True, embeds=False, bare_category="indicator")
        return Result(Model(factor, resolve_features(training.features, table, [training.label], reader)), [], table=table)
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package as pip leaves it."""
    site = tmp_path / "site"
    info = site / "sums-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "sums.py").write_text(textwrap.dedent(MEAN))
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sums\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[millrace.estimators]\nSums = sums:train\n")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.delitem(sys.modules, "sums", raising=False)


@pytest.mark.usefixtures("package")
def test_a_package_adds_an_estimator_with_its_attributes_and_features(folder: Folder) -> None:
    rows = {"a": [1.0, 2.0, None], "c": ["x", "y", "x"], "y": [1.0, 2.0, 3.0]}
    folder.rows(rows).job(estimator="sums", attributes={"model.factor": 2.5}).run()
    assert folder.report["estimator"] == "Sums"
    # NULL is the mean, 1.5, and each row has one of the two texts.
    assert folder.predict()["value"] == pytest.approx([5, 7.5, 6.25])
    with pytest.raises(Mistake, match="Sums has no attribute"):
        (folder.path / "out").rename(folder.path / "before")
        folder.job(estimator="Sums", attributes={"model.faktor": 1}).run()


@pytest.mark.usefixtures("package")
def test_its_name_is_suggested() -> None:
    with pytest.raises(Mistake) as raised:
        find_estimator("Sumss")
    assert raised.value.hint == "did you mean 'Sums'?"


def test_another_models_nodes_become_part_of_the_graph() -> None:
    """As an exporter such as PyTorch's writes them, with names that the graph may have too."""
    weights = helper.make_tensor("w", TensorProto.FLOAT, [2, 1], [2.0, -1.0])
    nodes = [helper.make_node("MatMul", ["1 ", "w"], ["2 "]), helper.make_node("Relu", ["2 "], ["out"], name="relu")]
    shape = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size]) for name, size in (("1 ", 2), ("out", 1))]
    other = helper.make_model(helper.make_graph(nodes, "other", shape[:1], shape[1:], [weights]))
    graph = Graph()
    both = graph.concat([graph.node("Add", graph.number("x"), graph.floats([1])), graph.number("z")])
    (found,) = graph.include(other, both)
    graph.output("value", found, TensorProto.FLOAT, ["n", 1])
    model = graph.model({})
    onnx.checker.check_model(model)
    feeds = {"x": np.array([[0], [1]], np.float32), "z": np.array([[5], [1]], np.float32)}
    assert open_session(model.SerializeToString()).run(None, feeds)[0].tolist() == [[0], [3]]
