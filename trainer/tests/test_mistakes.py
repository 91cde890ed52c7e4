"""What a user can get wrong: refused with a code, the name that was found and what to do; and no out/."""

from typing import Any

import pytest
from conftest import Columns, Folder
from datasets import diabetes, iris

from millrace_trainer.mistakes import Mistake

X: Columns = {"x": [1.0, 2.0, 3.0, 4.0], "y": ["a", "b", "a", "b"]}


@pytest.mark.parametrize(
    ("job", "rows", "code", "words"),
    [
        ({"estimator": "DNNClasifier"}, X, "TRAIN_ESTIMATOR_UNKNOWN", "did you mean 'DNNClassifier'?"),
        ({"estimator": "xgboost.gbtre"}, X, "TRAIN_ESTIMATOR_UNKNOWN", "did you mean 'xgboost.gbtree'?"),
        ({"estimator": "RandomForests"}, X, "TRAIN_ESTIMATOR_UNKNOWN", "an image of your own"),
        ({"attributes": {"model.hiden_units": [4]}}, X, "TRAIN_ATTRIBUTE_UNKNOWN", "did you mean 'model.hidden_units'?"),
        ({"attributes": {"hidden_units": [4]}}, X, "TRAIN_ATTRIBUTE_UNKNOWN", "did you mean 'model.hidden_units'?"),
        ({"attributes": {"model.hidden_units": "10"}}, X, "TRAIN_ATTRIBUTE_VALUE", "a list of whole numbers"),
        ({"attributes": {"model.hidden_units": [0]}}, X, "TRAIN_ATTRIBUTE_VALUE", "from 1"),
        ({"attributes": {"train.epoch": 1.5}}, X, "TRAIN_ATTRIBUTE_VALUE", "train.epoch is '1.5'"),
        ({"attributes": {"train.epoch": True}}, X, "TRAIN_ATTRIBUTE_VALUE", "train.epoch"),
        ({"attributes": {"train.epoch": 2, "train.epochs": 3}}, X, "TRAIN_ATTRIBUTE_TWICE", "remove train.epochs"),
        ({"attributes": {"model.optimizer": "Adamm"}}, X, "TRAIN_ATTRIBUTE_VALUE", "did you mean 'adam'?"),
        ({"attributes": {"model.optimizer": "sgd", "optimizer.momentum": 0.9}}, X, "TRAIN_ATTRIBUTE_UNKNOWN", "optimizer.momentum"),
        ({"attributes": {"optimizer.learning_rate": 0}}, X, "TRAIN_ATTRIBUTE_VALUE", "above 0"),
        ({"attributes": {"model.activation_fn": "rely"}}, X, "TRAIN_ATTRIBUTE_VALUE", "did you mean 'relu'?"),
        ({"attributes": {"model.dropout": 1}}, X, "TRAIN_ATTRIBUTE_VALUE", "0.99"),
        ({"attributes": {"model.n_classes": 1}}, X, "TRAIN_ATTRIBUTE_VALUE", "from 2"),
        ({"attributes": {"model.class_weights": [1, 2, 3]}}, X, "TRAIN_CLASSES", "in this order: a, b"),
        ({"attributes": {"model.class_weights": "even"}}, X, "TRAIN_ATTRIBUTE_VALUE", "'balanced' or a list"),
        ({"attributes": {"model.weight_column": "w"}}, X, "TRAIN_COLUMN_UNKNOWN", "no column 'w'"),
        (
            {"attributes": {"model.weight_column": "x"}},
            {**X, "z": [1, 2, 3, 4], "x": [1, None, 1, 1]},
            "TRAIN_WEIGHTS",
            "not all numbers from 0",
        ),
        ({"attributes": {"train.early_stopping_epochs": 2}}, X, "TRAIN_VALIDATION_MISSING", "add validation.select"),
        ({"attributes": {"validation.metrics": "Acuracy"}}, X, "TRAIN_METRIC_UNKNOWN", "did you mean 'accuracy'?"),
        ({"attributes": {"validation.metrics": "MeanSquaredError"}}, X, "TRAIN_METRIC_UNKNOWN", "a classifier has accuracy"),
        ({"label": None}, X, "TRAIN_LABEL_MISSING", "add LABEL"),
        ({"label": "z"}, X, "TRAIN_COLUMN_UNKNOWN", "no column 'z'"),
        ({}, {"y": ["a", "b"]}, "TRAIN_NO_FEATURES", "select the features too"),
        ({}, {"x": [], "y": []}, "TRAIN_NO_ROWS", "the query returns no rows"),
        ({}, {"x": [1.0, 2.0], "y": [None, None]}, "TRAIN_NO_ROWS", "is NULL in all 2 rows"),
        ({}, {"x": [1.0, 2.0], "y": ["a", "a"]}, "TRAIN_ONE_CLASS", "is 'a' in all rows"),
        ({"attributes": {"model.n_classes": 2}}, {"x": [1.0, 2.0, 3.0], "y": ["a", "b", "c"]}, "TRAIN_CLASSES", "has 3 values"),
        ({"estimator": "DNNRegressor"}, X, "TRAIN_COLUMN_KIND", "column 'y' holds text"),
        ({"estimator": "KMeans", "label": None, "attributes": {"model.n_clusters": 5}}, X, "TRAIN_NO_ROWS", "4 rows for 5 clusters"),
        ({"features": ["x", "X"]}, X, "TRAIN_FEATURE_TWICE", "'x' twice"),
        (
            {"estimator": "DNNLinearCombinedClassifier", "features": ["x"]},
            X,
            "TRAIN_COLUMN_FOR",
            "FOR linear_feature_columns or FOR dnn_feature_columns",
        ),
        (
            {"estimator": "DNNLinearCombinedClassifier", "features": [{"for": "dnn_feature_columns", "column": "x"}]},
            X,
            "TRAIN_COLUMN_FOR",
            "no features for linear_feature_columns",
        ),
        ({"attributes": {"model.hidden_units": [65536, 65536]}}, X, "TRAIN_TOO_LARGE", "smaller hidden units"),
    ],
)
def test_is_refused_in_words(folder: Folder, job: dict[str, Any], rows: Columns, code: str, words: str) -> None:
    folder.rows(rows).job(**{"estimator": "DNNClassifier", **job})
    with pytest.raises(Mistake) as raised:
        folder.run()
    assert raised.value.code == code
    assert words in f"{raised.value.message}; {raised.value.hint}"
    assert [each.name for each in folder.path.iterdir()] != ["out"]
    assert not (folder.path / "out").exists()


def test_a_diverging_training_says_what_to_lower(folder: Folder) -> None:
    attributes = {"model.optimizer": "SGD", "optimizer.learning_rate": 100, "train.epoch": 50}
    with pytest.raises(Mistake, match="diverged") as raised:
        folder.rows(diabetes()).job(estimator="DNNRegressor", attributes=attributes).run()
    assert raised.value.hint == "lower optimizer.learning_rate"


@pytest.mark.parametrize(
    ("second", "words"),
    [
        ({"estimator": "LinearClassifier"}, "is a DNNClassifier"),
        ({"attributes": {"model.hidden_units": [8]}}, "another architecture"),
        ({"attributes": {"model.optimizer": "Adam"}}, "another architecture or optimizer"),
    ],
)
def test_going_on_needs_the_same_model(folders: Any, second: dict[str, Any], words: str) -> None:
    begun = folders("begun").rows(iris()).job(estimator="DNNClassifier", attributes={"train.epoch": 1})
    begun.run()
    gone_on = folders("on").rows(iris()).job(**{"estimator": "DNNClassifier", **second, "from": "model.onnx"})
    (gone_on.path / "model.onnx").write_bytes((begun.path / "out" / "model.onnx").read_bytes())
    with pytest.raises(Mistake, match=words):
        gone_on.run()


def test_rows_without_a_label_are_left_out_and_counted(folder: Folder) -> None:
    lines = (
        folder.rows({"x": [1.0, 2.0, 3.0, 4.0], "y": ["a", None, "b", "b"]})
        .job(estimator="DNNClassifier", attributes={"train.epoch": 1})
        .run()
    )
    assert folder.report["rows"] == 3
    assert folder.report["rows_left_out"] == 1
    assert [line["code"] for line in lines if line["type"] == "warning"] == ["TRAIN_LABEL_NULL"]


def test_sqlflows_attributes_for_tensorflow_have_no_effect_and_say_so(folder: Folder) -> None:
    attributes = {"train.epoch": 1, "train.save_checkpoints_steps": 10, "train.log_every_n_iter": 20, "validation.throttle_secs": 10}
    lines = folder.rows(X).job(estimator="DNNClassifier", attributes=attributes).run()
    assert len([line for line in lines if line.get("code") == "TRAIN_ATTRIBUTE_IGNORED"]) == 3
