"""An estimator of PyTorch: copy it, and write your own module in the place of `make_module`.

The trainer brings the rows, the features of COLUMN and the gate: the exported file must predict what the module predicts."""

import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import onnx
import torch
from millrace_trainer.checkpoint import to_bytes
from millrace_trainer.features.feature import Feature
from millrace_trainer.features.matrix import emit_matrix, matrix
from millrace_trainer.features.resolve import Reader, resolve_features
from millrace_trainer.graph import OPSET, Graph
from millrace_trainer.labels import class_places, find_classes, known_classes, labelled
from millrace_trainer.prediction import Class, Kind, Prediction, emit_classes, softmax
from millrace_trainer.table import Table
from millrace_trainer.training import Result, Training


def make_module(width: int, classes: int, hidden: Sequence[int]) -> torch.nn.Module:
    """From the features [n, width] to a score for each class [n, classes]."""
    sizes = [width, *hidden]
    layers: list[torch.nn.Module] = []
    for inputs, outputs in itertools.pairwise(sizes):
        layers += [torch.nn.Linear(inputs, outputs), torch.nn.LayerNorm(outputs), torch.nn.GELU()]
    return torch.nn.Sequential(*layers, torch.nn.Linear(sizes[-1], classes))


@dataclass(frozen=True)
class TorchModel:
    module: torch.nn.Module
    features: Sequence[Feature]
    classes: Sequence[Class]

    @property
    def kind(self) -> Kind:
        return "classifier"

    def predict(self, table: Table) -> Prediction:
        with torch.no_grad():
            scores = self.module(torch.from_numpy(matrix(self.features, table)).to(device())).cpu().numpy()
        probabilities = softmax(scores)
        return Prediction(labels=probabilities.argmax(axis=1), probabilities=probabilities)

    def emit(self, graph: Graph) -> dict[str, str]:
        width = sum(feature.width for feature in self.features)
        file = io.BytesIO()
        axes = {"rows": {0: "n"}, "scores": {0: "n"}}
        names: dict[str, Any] = {"input_names": ["rows"], "output_names": ["scores"], "dynamic_axes": axes}
        # The exporter that needs no further package.
        torch.onnx.export(self.module.cpu(), (torch.zeros(2, width),), file, opset_version=OPSET, dynamo=False, **names)
        self.module.to(device())
        (scores,) = graph.include(onnx.load_from_string(file.getvalue()), emit_matrix(self.features, graph))
        return emit_classes(graph, graph.node("Softmax", scores, axis=1), self.classes)

    def state(self) -> bytes:
        return to_bytes({}, {name: value.cpu().numpy() for name, value in self.module.state_dict().items()})


def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def train(training: Training) -> Result:
    hidden = training.attributes.integers("model.hidden_units", default=[64, 32], most=65_536)
    rate = training.attributes.number("optimizer.learning_rate", default=0.001, most=1.0, above=True)
    size = training.attributes.integer("train.batch_size", default=32)
    epochs = training.attributes.integer("train.epoch", default=20)
    training.attributes.finish(training.estimator)
    table = labelled(training.table, training.label)
    label = table.name_of(training.label or "")
    classes = find_classes(table, label, None)
    reader = Reader(training.estimator, ("deep",), scaled=True, fills_null=True, embeds=False, bare_category="indicator")
    features = resolve_features(training.features, table, [label], reader)
    rows = torch.from_numpy(matrix(features, table)).to(device())
    places = torch.from_numpy(class_places(table, label, classes)).to(device())

    torch.manual_seed(training.seed)
    torch.set_num_threads(training.threads)
    torch.use_deterministic_algorithms(True)
    module = make_module(rows.shape[1], len(classes), hidden).to(device())
    optimizer = torch.optim.AdamW(module.parameters(), lr=rate)
    curve = []
    for epoch in range(epochs):
        total = 0.0
        batches = torch.randperm(len(rows)).split(size)
        for batch in batches:
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(module(rows[batch]), places[batch])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        curve.append({"train_loss": total / len(rows)})
        training.messages.progress("epoch", epoch + 1, epochs, curve[-1])
    validation = None
    if training.validation is not None:
        validation = labelled(known_classes(labelled(training.validation, label), label, classes), label)
    return Result(TorchModel(module.eval(), features, classes), curve, table=table, validation=validation)
