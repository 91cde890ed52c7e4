"""KMeans: clusters of rows, without a label."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from onnx import TensorProto

from ..checkpoint import from_bytes, to_bytes
from ..features.feature import Feature
from ..features.matrix import emit_matrix, matrix
from ..features.resolve import Reader, continued_features, resolve_features
from ..graph import Graph
from ..mistakes import Mistake, quoted
from ..prediction import Class, Kind, Prediction
from ..table import Floats, Table
from ..training import Result, Training

LARGEST = 1e17


@dataclass(frozen=True)
class KMeansModel:
    """Centres [clusters, columns]."""

    centres: Floats
    features: Sequence[Feature]
    classes: Sequence[Class] | None = None

    @property
    def kind(self) -> Kind:
        return "clusters"

    def predict(self, table: Table) -> Prediction:
        rows = matrix(self.features, table).astype(np.float64)
        distances = np.stack([np.sqrt(((rows - centre) ** 2).sum(axis=1)) for centre in self.centres.astype(np.float64)], axis=1)
        return Prediction(labels=distances.argmin(axis=1), values=distances.astype(np.float32))

    def emit(self, graph: Graph) -> dict[str, str]:
        rows = graph.node("Unsqueeze", emit_matrix(self.features, graph), graph.integers([1]))
        distances = graph.node("ReduceL2", graph.node("Sub", rows, graph.floats(self.centres[np.newaxis])), axes=[2], keepdims=0)
        label = graph.node("ArgMin", distances, axis=1, keepdims=0)
        return {
            "label": graph.output("label", label, TensorProto.INT64, ["n"]),
            "distances": graph.output("distances", distances, TensorProto.FLOAT, ["n", len(self.centres)]),
        }

    def state(self) -> bytes:
        return to_bytes({}, {"centres": self.centres})


def train_kmeans(training: Training) -> Result:
    from sklearn.cluster import KMeans

    attributes = training.attributes
    clusters = attributes.integer("model.n_clusters", "center_count", "model.center_count", default=8, most=10_000)
    most = attributes.integer("model.max_iter", default=300, most=100_000)
    starts = attributes.integer("model.n_init", default=1, most=1000)
    excluded = attributes.text("model.excluded_columns", "excluded_columns", default="") or ""
    for name in attributes.ignored("model.idx_table_name", "idx_table_name"):
        training.messages.warning("TRAIN_ATTRIBUTE_IGNORED", f"{name} has no effect here: TO PREDICT writes the clusters of rows")
    attributes.finish(training.estimator)
    table = training.table
    if table.rows < clusters:
        raise Mistake(
            "TRAIN_NO_ROWS", f"the query returns {table.rows} rows for {clusters} clusters", "select more rows, or set model.n_clusters"
        )
    features, start = _features(training, table, [name.strip() for name in excluded.split(",") if name.strip()])
    if start is not None and len(start) != clusters:
        raise Mistake("TRAIN_GOING_ON", f"the model to go on with has {len(start)} clusters", f"set model.n_clusters = {len(start)}")
    found = KMeans(
        clusters,
        max_iter=most,
        n_init=1 if start is not None else starts,
        random_state=training.seed,
        init="k-means++" if start is None else start,
    )
    found.fit(_within_reach(features, matrix(features, table)).astype(np.float64))
    curve = [{"train_inertia": float(found.inertia_)}]
    training.messages.progress("round", 1, 1, curve[0])
    return Result(KMeansModel(found.cluster_centers_.astype(np.float32), features), curve, None, table, training.validation)


def _within_reach(features: Sequence[Feature], rows: Floats) -> Floats:
    """Raises `Mistake` for numbers whose squares 32 bits cannot hold."""
    if np.abs(rows).max(initial=0.0) <= LARGEST:
        return rows
    column = int(np.abs(rows).max(axis=0).argmax())
    places = [feature for feature in features for _ in range(feature.width)]
    message = f"{quoted(places[column].text)} has numbers above {LARGEST:g}, whose distances a model cannot hold"
    raise Mistake("TRAIN_NUMBER_TOO_LARGE", message, "select a larger unit, or a logarithm: LN(…)")


def _features(training: Training, table: Table, excluded: list[str]) -> tuple[list[Feature], Floats | None]:
    reader = Reader(training.estimator, ("deep",), scaled=False, fills_null=True, embeds=False, bare_category="indicator")
    others = excluded + ([training.label] if training.label else [])
    if training.start is None:
        return resolve_features(training.features, table, others, reader), None
    _, arrays = from_bytes(training.start.state)
    return continued_features(training.start.features, training.features, table, others, reader), arrays["centres"]
