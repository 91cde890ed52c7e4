"""TO EXPLAIN: SHAP values add up to the prediction, and are exact where they can be."""

from typing import Any

import numpy as np
import pytest
from conftest import Folder
from datasets import diabetes, iris

from millrace_trainer.kernel_shap import kernel_shap
from millrace_trainer.mistakes import Mistake


def explain(folders: Any, trained: Folder, rows: Any, name: str = "explained", **attributes: Any) -> Folder:
    made: Folder = folders(name).rows(rows).job(task="explain", attributes=attributes, **{"from": "model.onnx"})
    (made.path / "model.onnx").write_bytes((trained.path / "out" / "model.onnx").read_bytes())
    made.run()
    return made


def test_trees_are_explained_by_xgboosts_own_values(folders: Any) -> None:
    trained = folders("trained").rows(diabetes()).job(estimator="xgboost.gbtree", attributes={"objective": "reg:squarederror"})
    trained.run()
    found = explain(folders, trained, diabetes(), explainer="TreeExplainer").table("out")
    names = [name for name in diabetes() if name != "y"]
    assert list(found.columns) == ["row", "expected_value", *names]
    total = found.numbers("expected_value").values + sum(found.numbers(name).values for name in names)
    assert total == pytest.approx(trained.predict()["value"], abs=1e-3)


def test_several_classes_are_rows_of_their_own(folders: Any) -> None:
    trained = folders("trained").rows(iris()).job(estimator="xgboost.gbtree", attributes={"objective": "multi:softmax"})
    trained.run()
    found = explain(folders, trained, iris())
    assert found.table("out").rows == 450
    assert found.table("out").texts("class").texts()[:3].tolist() == ["setosa", "versicolor", "virginica"]
    assert found.report["explainer"] == "TreeExplainer"


def test_networks_are_explained_over_their_columns(folders: Any) -> None:
    rows = {name: [*values[::6]] for name, values in iris().items()}
    rows["kind"] = ["a", "b"] * 12 + ["a"]
    trained = folders("trained").rows(rows).job(estimator="DNNClassifier", attributes={"train.epoch": 2})
    trained.run()
    found = explain(folders, trained, rows, background=10).table("out")
    names = [name for name in rows if name != "y"]
    total = found.numbers("expected_value").values + sum(found.numbers(name).values for name in names)
    assert total == pytest.approx(trained.predict()["probabilities"].reshape(-1), abs=1e-6)


def test_kernel_shap_of_a_linear_function_is_its_terms() -> None:
    weights = np.array([3.0, -1.0, 0.5, 2.0])
    row, behind = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.5, 0.0, -1.0, 2.0])

    def value(masks: Any) -> Any:
        return (np.where(masks, row, behind) @ weights).reshape(-1, 1)

    generator = np.random.default_rng(1)
    found = kernel_shap(value, np.array([behind @ weights]), np.array([row @ weights]), 4, 100, generator)
    assert found[0] == pytest.approx(weights * (row - behind))


def test_sampled_kernel_shap_is_near_the_exact_values() -> None:
    generator = np.random.default_rng(2)
    weights = generator.normal(size=15)

    def value(masks: Any) -> Any:
        return (masks @ weights + masks[:, 0] * masks[:, 1]).reshape(-1, 1)

    found = kernel_shap(value, np.zeros(1), np.array([weights.sum() + 1]), 15, 2000, generator)
    expected = weights + np.array([0.5, 0.5] + [0] * 13)
    assert found[0] == pytest.approx(expected, abs=0.05)
    assert found.sum() == pytest.approx(weights.sum() + 1)


def test_only_trees_have_a_tree_explainer(folders: Any) -> None:
    trained = folders("trained").rows(iris()).job(estimator="LogisticRegression")
    trained.run()
    with pytest.raises(Mistake, match="explains trees") as raised:
        explain(folders, trained, iris(), explainer="TreeExplainer")
    assert raised.value.hint == "USING KernelExplainer"
