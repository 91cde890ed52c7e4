"""XGBoost's JSON -> ONNX.

Not onnxmltools: 1.16 gives wrong numbers for binary:logitraw, binary:hinge, reg:logistic and rank:pairwise without an error,
and fails for dart and gblinear."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..features.feature import Feature
from ..features.matrix import emit_matrix
from ..graph import Graph
from ..mistakes import Defect
from ..prediction import Class, emit_classes, emit_label, emit_two_classes, emit_value
from ..table import Floats
from .objectives import OBJECTIVES


def emit_booster(
    graph: Graph, booster: Any, objective: str, features: Sequence[Feature], classes: Sequence[Class] | None
) -> dict[str, str]:
    learner = json.loads(booster.save_raw("json"))["learner"]
    outputs = max(1, int(learner["learner_model_param"]["num_class"]), int(learner["learner_model_param"].get("num_target", 1)))
    margin = _margin(graph, learner["gradient_booster"], emit_matrix(features, graph), _base_margin(learner, objective, outputs), outputs)
    return _linked(graph, margin, objective, outputs, classes)


def _base_margin(learner: Any, objective: str, outputs: int) -> Floats:
    """base_score is a list in text in XGBoost 3: "[6.27E-1]"; a probability or a rate for some objectives."""
    given = learner["learner_model_param"]["base_score"]
    score = np.float32(np.atleast_1d(np.array(json.loads(given), np.float64)))
    kind = OBJECTIVES[objective].base_score
    if kind == "probability":
        score = -np.log(1 / score - 1)
    elif kind == "rate":
        score = np.log(score)
    return np.broadcast_to(score, outputs).astype(np.float32)


def _margin(graph: Graph, booster: Any, rows: str, base: Floats, outputs: int) -> str:
    """Float [n, outputs]."""
    if booster["name"] == "gblinear":
        weights = np.array(booster["model"]["weights"], np.float32).reshape(-1, outputs)
        # A missing value counts as zero in gblinear.
        known = graph.node("Where", graph.node("IsNaN", rows), graph.floats([0]), rows)
        # XGBoost adds the base score of the first class to all.
        return graph.node("Add", graph.node("MatMul", known, graph.floats(weights[:-1])), graph.floats(weights[-1] + base[0]))
    model, drops = (booster["gbtree"]["model"], booster["weight_drop"]) if booster["name"] == "dart" else (booster["model"], None)
    attributes = _ensemble(model["trees"], model["tree_info"], drops)
    attributes.update(n_targets=outputs, base_values=base.tolist(), aggregate_function="SUM", post_transform="NONE")
    return graph.node("TreeEnsembleRegressor", rows, domain="ai.onnx.ml", **attributes)


def _ensemble(trees: Sequence[Any], outputs: Sequence[int], drops: Sequence[float] | None) -> dict[str, Any]:
    found: dict[str, list[Any]] = {name: [] for name in _ATTRIBUTES}
    for number, (tree, output) in enumerate(zip(trees, outputs, strict=True)):
        if any(tree.get("split_type", [])) or int(tree["tree_param"].get("size_leaf_vector", "1")) > 1:
            raise Defect("trees with categorical splits or several outputs cannot be exported")
        factor = 1.0 if drops is None else drops[number]
        for node, (left, right) in enumerate(zip(tree["left_children"], tree["right_children"], strict=True)):
            leaf = left == -1
            _add_node(found, number, node, tree, leaf, left, right)
            if leaf:
                for name, value in (
                    ("target_treeids", number),
                    ("target_nodeids", node),
                    ("target_ids", output),
                    ("target_weights", float(np.float32(tree["split_conditions"][node]) * np.float32(factor))),
                ):
                    found[name].append(value)
    return found


_ATTRIBUTES = [
    "nodes_treeids",
    "nodes_nodeids",
    "nodes_featureids",
    "nodes_modes",
    "nodes_values",
    "nodes_truenodeids",
    "nodes_falsenodeids",
    "nodes_missing_value_tracks_true",
    "target_treeids",
    "target_nodeids",
    "target_ids",
    "target_weights",
]


def _add_node(found: dict[str, list[Any]], number: int, node: int, tree: Any, leaf: bool, left: int, right: int) -> None:
    values = {
        "nodes_treeids": number,
        "nodes_nodeids": node,
        "nodes_featureids": 0 if leaf else tree["split_indices"][node],
        "nodes_modes": "LEAF" if leaf else "BRANCH_LT",
        "nodes_values": 0.0 if leaf else tree["split_conditions"][node],
        "nodes_truenodeids": 0 if leaf else left,
        "nodes_falsenodeids": 0 if leaf else right,
        "nodes_missing_value_tracks_true": 0 if leaf else int(tree["default_left"][node]),
    }
    for name, value in values.items():
        found[name].append(value)


def _linked(graph: Graph, margin: str, objective: str, outputs: int, classes: Sequence[Class] | None) -> dict[str, str]:
    link = OBJECTIVES[objective].link
    if classes is None:
        value = {"logistic": "Sigmoid", "exp": "Exp"}.get(link)
        return emit_value(graph, margin if value is None else graph.node(value, margin), outputs)
    if link == "softmax":
        return emit_classes(graph, graph.node("Softmax", margin, axis=1), classes)
    if link == "logistic":
        return emit_classes(graph, emit_two_classes(graph, graph.node("Sigmoid", margin)), classes)
    above = graph.cast(graph.node("Greater", graph.node("Reshape", margin, graph.integers([-1])), graph.floats([0])), 7)
    return {"label": emit_label(graph, above, classes), **emit_value(graph, margin)}
