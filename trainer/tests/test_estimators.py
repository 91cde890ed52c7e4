"""Every estimator on real tables: as good as the library, and the exported file predicts as the trained model does."""

from typing import Any

import numpy as np
import pytest
from conftest import Folder
from datasets import cancer, diabetes, iris, split

TABLES = {"iris": iris, "cancer": cancer, "diabetes": diabetes}

# Estimator, table, attributes, metric on held-out rows and its bound: what scikit-learn's or XGBoost's own model of the kind reaches
# on the same split, less a tolerance for the seed.
CASES: list[tuple[str, str, dict[str, Any], str, float]] = [
    ("DNNClassifier", "iris", {"model.hidden_units": [10, 20], "model.n_classes": 3, "train.epoch": 40}, "accuracy", 0.93),
    ("DNNClassifier", "cancer", {"model.hidden_units": [16]}, "accuracy", 0.94),
    ("sqlflow_models.dnnclassifier", "cancer", {"model.batch_norm": True, "model.dropout": 0.1, "model.optimizer": "Adam"}, "auc", 0.97),
    ("DNNRegressor", "diabetes", {"model.hidden_units": [16], "model.dropout": 0.2}, "r2", 0.38),
    (
        "DNNLinearCombinedClassifier",
        "iris",
        {"model.dnn_hidden_units": [10], "model.dnn_optimizer": "RMSprop", "dnn_optimizer.learning_rate": 0.01, "train.epoch": 30},
        "accuracy",
        0.93,
    ),
    ("DNNLinearCombinedRegressor", "diabetes", {"model.dnn_hidden_units": [8], "train.epoch": 20}, "r2", 0.38),
    ("LinearClassifier", "iris", {"train.epoch": 40}, "accuracy", 0.9),
    ("LinearClassifier", "cancer", {"model.optimizer": "SGD", "optimizer.learning_rate": 0.1}, "accuracy", 0.94),
    ("LinearRegressor", "diabetes", {"train.epoch": 30, "model.label_dimension": 1}, "r2", 0.42),
    ("LogisticRegression", "iris", {}, "accuracy", 0.93),
    ("LogisticRegression", "cancer", {"model.class_weights": "balanced"}, "accuracy", 0.95),
    ("xgboost.gbtree", "iris", {"objective": "multi:softmax", "num_class": 3, "eta": 0.4, "train.num_boost_round": 20}, "accuracy", 0.9),
    ("xgboost.gbtree", "cancer", {"objective": "binary:logistic", "train.num_boost_round": 30}, "accuracy", 0.93),
    ("xgboost.dart", "cancer", {"objective": "binary:logistic", "rate_drop": 0.1}, "accuracy", 0.92),
    ("xgboost.gblinear", "diabetes", {"objective": "reg:squarederror", "train.num_boost_round": 100}, "r2", 0.42),
    ("XGBoost.gbtree", "diabetes", {"objective": "reg:linear", "eta": 0.1, "max_depth": 3, "train.num_boost_round": 40}, "r2", 0.35),
    ("xgboost.XGBClassifier", "iris", {}, "accuracy", 0.92),
    ("xgboost.xgbregressor", "diabetes", {"max_depth": 3, "eta": 0.1, "train.num_boost_round": 40}, "r2", 0.35),
    ("xgboost.XGBRFClassifier", "cancer", {"model.tree_num": 30}, "accuracy", 0.92),
    ("xgboost.XGBRFRegressor", "diabetes", {"model.tree_num": 30, "max_depth": 4}, "r2", 0.3),
]


@pytest.mark.parametrize(("estimator", "table", "attributes", "metric", "bound"), CASES)
def test_is_as_good_as_the_library_and_exported_without_a_difference(
    folder: Folder, estimator: str, table: str, attributes: dict[str, Any], metric: str, bound: float
) -> None:
    train, validation = split(TABLES[table]())
    folder.rows(train).rows(validation, "validation").job(estimator=estimator, attributes=attributes).run()
    report = folder.report
    assert report["export"]["difference"] <= 1e-5
    assert report["metrics"]["validation"][metric] >= bound
    assert report["rows"] == len(train["y"])


def test_kmeans_finds_the_species_of_iris(folder: Folder) -> None:
    folder.rows(iris()).job(
        estimator="kmeans", label=None, attributes={"center_count": 3, "excluded_columns": "y", "model.n_init": 5}
    ).run()
    found = folder.predict()
    assert found["distances"].shape == (150, 3)
    species = np.array(iris(named=False)["y"])
    # The share that scikit-learn's documents reach: 0.89.
    hits = sum(np.bincount(species[found["label"] == cluster].astype(int)).max() for cluster in range(3))
    assert hits / 150 > 0.85
    assert folder.report["export"]["difference"] <= 1e-5


def test_labels_come_back_in_the_type_of_the_column(folder: Folder, folders: Any) -> None:
    tree = {"objective": "binary:logistic"}
    texts = {"x": [0.0, 1.0, 2.0, 3.0] * 5, "y": ["no", "no", "yes", "yes"] * 5}
    folder.rows(texts).job(estimator="xgboost.gbtree", attributes={**tree, "min_child_weight": 0}).run()
    assert set(folder.predict()["label"].tolist()) == {"no", "yes"}
    assert folder.report["classes"] == ["no", "yes"]
    numbers = folders("numbers").rows({"x": texts["x"], "y": [-3, -3, 7, 7] * 5}).job(estimator="xgboost.gbtree", attributes=tree)
    numbers.run()
    assert numbers.predict()["label"].dtype == np.int64
    assert numbers.report["classes"] == [-3, 7]
    halves = folders("halves").rows({"x": texts["x"], "y": [0.5, 0.5, 1.0, 1.0] * 5}).job(estimator="LogisticRegression")
    halves.run()
    assert set(halves.predict()["label"].tolist()) == {0.5, 1.0}


@pytest.mark.parametrize("estimator", ["DNNClassifier", "LinearClassifier", "LogisticRegression", "xgboost.gbtree"])
def test_class_weights_move_the_border_to_the_rare_class(folders: Any, estimator: str) -> None:
    generator = np.random.default_rng(3)
    rare = generator.random(600) < 0.1
    rows = {"x": generator.normal(np.where(rare, 1.0, 0.0), 1.0), "y": rare.astype(float)}
    recalls = []
    for name, weights in (("plain", None), ("weighted", "balanced"), ("listed", [1, 9])):
        made = folders(name).rows(rows)
        attributes: dict[str, Any] = {"model.class_weights": weights}
        if estimator == "xgboost.gbtree":
            attributes |= {"objective": "binary:logistic", "max_depth": 2}
        made.job(estimator=estimator, attributes=attributes).run()
        recalls.append(made.report["metrics"]["train"]["recall"])
    assert recalls[1] > recalls[0] + 0.2
    assert recalls[2] > recalls[0] + 0.2


def test_rows_weigh_as_the_weight_column_says(folder: Folder) -> None:
    rows = {"x": [0.0, 0.0] * 30, "y": [0.0, 1.0] * 30, "w": [1.0, 3.0] * 30}
    folder.rows(rows).job(estimator="DNNRegressor", attributes={"model.weight_column": "w", "train.epoch": 60}).run()
    assert folder.predict()["value"] == pytest.approx(0.75, abs=0.05)
    assert folder.report["features"] == ["x"]


@pytest.mark.parametrize("estimator", ["DNNRegressor", "xgboost.gbtree"])
def test_early_stopping_keeps_the_best_state(folder: Folder, estimator: str) -> None:
    train, validation = split(diabetes())
    train = {name: values[:60] for name, values in train.items()}
    attributes: dict[str, Any] = {"train.epoch": 300, "train.early_stopping_epochs": 5, "optimizer.learning_rate": 0.3}
    if estimator == "xgboost.gbtree":
        attributes = {"objective": "reg:squarederror", "train.num_boost_round": 300, "train.early_stopping_rounds": 5}
    folder.rows(train).rows(validation, "validation").job(estimator=estimator, attributes=attributes).run()
    report = folder.report
    metric = "valid_loss" if estimator == "DNNRegressor" else "valid_rmse"
    losses = [each[metric] for each in report["curve"]]
    assert len(losses) < 300
    assert report["best"] == int(np.argmin(losses)) + 1
    measured = report["metrics"]["validation"]["mse" if metric == "valid_loss" else "rmse"]
    assert measured == pytest.approx(min(losses), rel=1e-4)


@pytest.mark.parametrize(
    ("estimator", "first", "second"),
    [
        ("DNNClassifier", {"train.epoch": 5}, {"train.epoch": 3}),
        ("DNNLinearCombinedClassifier", {"train.epoch": 5}, {"train.epoch": 3}),
        ("LinearClassifier", {"train.epoch": 5, "model.optimizer": "Adam"}, {"train.epoch": 3, "model.optimizer": "Adam"}),
        (
            "xgboost.gbtree",
            {"objective": "multi:softprob", "train.num_boost_round": 5},
            {"objective": "multi:softprob", "train.num_boost_round": 3},
        ),
    ],
)
def test_going_on_equals_one_longer_training(folders: Any, estimator: str, first: dict[str, Any], second: dict[str, Any]) -> None:
    length = "train.num_boost_round" if "xgboost" in estimator else "train.epoch"
    whole = folders("whole").rows(iris()).job(estimator=estimator, attributes={**first, length: 8})
    whole.run()
    begun = folders("begun").rows(iris()).job(estimator=estimator, attributes=first)
    begun.run()
    gone_on = folders("on").rows(iris()).job(estimator=estimator, attributes=second, **{"from": "model.onnx"})
    (gone_on.path / "model.onnx").write_bytes((begun.path / "out" / "model.onnx").read_bytes())
    gone_on.run()
    assert gone_on.model.start.state == whole.model.start.state
    assert np.array_equal(gone_on.predict()["probabilities"], whole.predict()["probabilities"])


def test_going_on_works_for_kmeans_and_logistic_regression(folders: Any) -> None:
    for estimator, attributes in (("KMeans", {"model.n_clusters": 3}), ("LogisticRegression", {})):
        rows = iris() if estimator == "LogisticRegression" else {name: values for name, values in iris().items() if name != "y"}
        label = "y" if estimator == "LogisticRegression" else None
        begun = folders(f"{estimator}-begun").rows(rows).job(estimator=estimator, attributes=attributes, label=label)
        begun.run()
        gone_on = (
            folders(f"{estimator}-on").rows(rows).job(estimator=estimator, attributes=attributes, label=label, **{"from": "model.onnx"})
        )
        (gone_on.path / "model.onnx").write_bytes((begun.path / "out" / "model.onnx").read_bytes())
        gone_on.run()
        assert (gone_on.predict()["label"] == begun.predict()["label"]).all()
