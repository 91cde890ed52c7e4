"""SQLFlow's own statements of TO TRAIN, one for each form of estimator, attribute and column, on rows of the same shape."""

from typing import Any

import numpy as np
import pytest
from conftest import Folder
from datasets import diabetes, iris

from millrace_trainer.mistakes import Mistake

generator = np.random.default_rng(11)
FOUR = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
DNN: dict[str, Any] = {"model.n_classes": 3, "model.hidden_units": [10, 20], "train.epoch": 2}


def call(function: str, *arguments: Any) -> dict[str, Any]:
    return {"function": function, "arguments": list(arguments)}


def two_classes() -> Any:
    return {name: values[:100] for name, values in iris(named=False).items()}


def housing() -> Any:
    names = [f"f{each}" for each in range(1, 14)]
    rows: Any = {name: generator.integers(0, 20, 200).astype(float) for name in names}
    return {**rows, "y": rows["f9"] * 2 + rows["f1"]}


def news() -> Any:
    titles = [",".join(str(each) for each in generator.integers(0, 16000, 8)) for _ in range(60)]
    return {"news_title": titles, "y": generator.integers(0, 17, 60).astype(float)}


def dense() -> Any:
    rows = iris(named=False)
    return {"dense": [",".join(f"{value:g}" for value in row) for row in zip(*(rows[name] for name in FOUR), strict=True)], "y": rows["y"]}


def weighted() -> Any:
    texts = [
        ",".join(f"{key}:{weight:.2f}" for key, weight in zip(generator.integers(0, 128, 4), generator.random(4), strict=True))
        for _ in range(60)
    ]
    return {"feature": texts, "y": generator.integers(0, 2, 60).astype(float)}


def key_values() -> Any:
    return {"c1": ["0:1.5 3:2", "1:2", "10:0.25 3:1"] * 20, "y": [0.0, 1.0, 2.0] * 20}


def mixed() -> Any:
    texts = ["a", "b", "c", "b"] * 15
    return {
        "c1": generator.random(60),
        "c2": generator.random(60),
        "c3": texts,
        "c4": texts,
        "c5": ["1,2", "3", "", "5,6,7"] * 15,
        "y": [0.0, 1.0, 0.0, 1.0] * 15,
    }


RUN: list[tuple[str, str, Any, dict[str, Any], Any]] = [
    ("all columns", "DNNClassifier", iris, DNN, None),
    ("package name", "sqlflow_models.DNNClassifier", iris, {**DNN, "validation.steps": 2, "train.batch_size": 10}, FOUR),
    (
        "validation.metrics",
        "DNNClassifier",
        two_classes,
        {**DNN, "model.n_classes": 2, "validation.metrics": "Accuracy,AUC,Precision,Recall", "model.optimizer": "RMSprop"},
        None,
    ),
    ("optimizer", "DNNClassifier", iris, {**DNN, "optimizer.learning_rate": 0.01, "model.optimizer": "AdagradOptimizer"}, None),
    (
        "checkpoints",
        "DNNClassifier",
        iris,
        {**DNN, "train.max_steps": 20, "train.save_checkpoints_steps": 10, "train.log_every_n_iter": 20, "validation.start_delay_secs": 10},
        FOUR,
    ),
    (
        "batch norm",
        "DNNClassifier",
        two_classes,
        {
            "model.n_classes": 2,
            "model.batch_norm": "True",
            "model.hidden_units": [64, 32],
            "optimizer.learning_rate": 0.1,
            "train.epoch": 2,
        },
        None,
    ),
    ("workers", "DNNClassifier", iris, {**DNN, "train.num_workers": 2, "train.num_ps": 2, "train.verbose": 1}, None),
    (
        "regressor",
        "DNNRegressor",
        housing,
        {
            "model.hidden_units": [10, 10],
            "train.batch_size": 4,
            "train.epoch": 1,
            "validation.metrics": "MeanAbsoluteError,MeanAbsolutePercentageError,MeanSquaredError",
        },
        None,
    ),
    (
        "linear regressor",
        "LinearRegressor",
        housing,
        {"model.label_dimension": 1, "train.batch_size": 16, "train.epoch": 10},
        [f"f{each}" for each in range(1, 14)],
    ),
    (
        "two inputs",
        "DNNLinearCombinedClassifier",
        iris,
        {
            "model.n_classes": 3,
            "model.dnn_hidden_units": [10, 20],
            "train.batch_size": 10,
            "train.epoch": 2,
            "model.dnn_optimizer": "RMSprop",
            "dnn_optimizer.learning_rate": 0.01,
        },
        [{"for": "linear_feature_columns", "column": name} for name in FOUR[:2]]
        + [{"for": "dnn_feature_columns", "column": name} for name in FOUR[2:]],
    ),
    (
        "embedding and indicator",
        "DNNLinearCombinedRegressor",
        housing,
        {"model.dnn_hidden_units": [10, 20], "train.epoch": 1},
        [
            {"for": "dnn_feature_columns", "column": call("EMBEDDING", call("CATEGORY_ID", "f9", 25), 2, "sum")},
            {"for": "linear_feature_columns", "column": call("INDICATOR", call("CATEGORY_ID", "f10", 712))},
        ],
    ),
    ("category of a measure", "DNNClassifier", iris, DNN, [call("EMBEDDING", call("CATEGORY_ID", "sepal_length", 1000), 2, "sum")]),
    (
        "cross of measures",
        "DNNClassifier",
        iris,
        DNN,
        [call("EMBEDDING", call("CROSS", ["petal_width", "petal_length"], 10), 128, "sqrtn")],
    ),
    (
        "ids of a text",
        "DNNClassifier",
        news,
        {**DNN, "model.n_classes": 17},
        [call("EMBEDDING", call("CATEGORY_ID", call("SPARSE", "news_title", 16000, "COMMA"), 16000), 16, "mean")],
    ),
    (
        "sparse alone",
        "DNNClassifier",
        news,
        {**DNN, "model.n_classes": 17},
        [call("EMBEDDING", call("SPARSE", "news_title", 16000, "COMMA"), 16, "mean")],
    ),
    (
        "three arguments",
        "DNNClassifier",
        news,
        {**DNN, "model.n_classes": 17},
        [call("EMBEDDING", call("CATEGORY_ID", "news_title", 16000, "COMMA"), 16, "mean")],
    ),
    (
        "sequence",
        "DNNClassifier",
        news,
        {**DNN, "model.n_classes": 17},
        [call("EMBEDDING", call("SEQ_CATEGORY_ID", "news_title", 16000, "COMMA"), 16, "mean")],
    ),
    ("dense text", "DNNClassifier", dense, {**DNN, "train.batch_size": 10, "train.verbose": 1}, [call("DENSE", "dense", 4, "COMMA")]),
    ("dense text, derived", "DNNClassifier", dense, DNN, None),
    (
        "dense text, trees",
        "xgboost.gbtree",
        dense,
        {"objective": "multi:softprob", "num_class": 3, "train.num_boost_round": 5},
        [call("DENSE", "dense", 4)],
    ),
    (
        "weights",
        "DNNClassifier",
        weighted,
        {"model.hidden_units": [64, 32], "model.n_classes": 2, "train.epoch": 1},
        [
            call(
                "EMBEDDING",
                call("WEIGHTED_CATEGORY", call("CATEGORY_HASH", call("SPARSE", "feature", 128, ",", "int", ":", "float"), 128)),
                32,
            )
        ],
    ),
    (
        "raw columns within",
        "DNNClassifier",
        mixed,
        {**DNN, "model.n_classes": 2},
        [call("EMBEDDING", "c3", 8, "sum"), call("EMBEDDING", call("SPARSE", "c5", 64, "COMMA"), 8, "sum"), call("INDICATOR", "c3")],
    ),
    (
        "wide crosses",
        "LinearClassifier",
        mixed,
        {"model.n_classes": 2, "train.epoch": 1},
        ["c1", "c2", call("CROSS", ["c4", "c5"], 128), call("CROSS", ["c1", "c2"], 256)],
    ),
    ("bucket", "DNNClassifier", iris, DNN, [call("INDICATOR", call("BUCKET", call("DENSE", "petal_length", 1), [0, 10]))]),
    ("softmax", "xgboost.gbtree", iris, {"objective": "multi:softmax", "train.num_boost_round": 30, "eta": 0.4, "num_class": 3}, None),
    ("bare num_boost_round", "xgboost.gbtree", iris, {"objective": "multi:softprob", "num_boost_round": 20, "num_class": 3}, None),
    (
        "scale_pos_weight",
        "xgboost.gbtree",
        two_classes,
        {"objective": "binary:logistic", "scale_pos_weight": 2, "eval_metric": "auc", "train.num_boost_round": 5},
        None,
    ),
    (
        "eval_metric",
        "xgboost.gbtree",
        iris,
        {
            "objective": "multi:softprob",
            "eval_metric": "merror",
            "train.num_boost_round": 5,
            "train.disk_cache": True,
            "train.batch_size": 8,
            "train.epoch": 2,
        },
        None,
    ),
    (
        "key values",
        "xgboost.gbtree",
        key_values,
        {"objective": "multi:softprob", "num_class": 3, "train.num_boost_round": 5},
        [call("SPARSE", "c1", 11, "SPACE", "int", "COLON", "float")],
    ),
    ("xgbregressor", "xgboost.xgbregressor", diabetes, {"objective": "reg:squarederror", "train.num_boost_round": 30}, None),
    ("train.objective", "xgboost.Estimator", diabetes, {"train.objective": "reg:linear"}, ["bmi"]),
    ("kmeans", "kmeans", iris, {"center_count": 3, "idx_table_name": "iris.index", "excluded_columns": "y"}, None),
    ("KMeans of PAI", "KMeans", iris, {"model.excluded_columns": "y", "model.idx_table_name": "iris.index"}, None),
]


@pytest.mark.parametrize(("estimator", "rows", "attributes", "features"), [case[1:] for case in RUN], ids=[case[0] for case in RUN])
def test_runs(folder: Folder, estimator: str, rows: Any, attributes: dict[str, Any], features: Any) -> None:
    label = None if estimator.lower() == "kmeans" else "y"
    folder.rows(rows()).rows(rows(), "validation").job(estimator=estimator, attributes=attributes, features=features, label=label).run()
    assert folder.report["export"]["difference"] <= 1e-5


# What SQLFlow trains and this trainer does not, each with the reason that the user reads.
REFUSED: list[tuple[str, str, dict[str, Any], Any, str]] = [
    (
        "TensorFlow's trees",
        "BoostedTreesClassifier",
        {"model.n_batches_per_layer": 1, "model.center_bias": True},
        None,
        "TRAIN_ESTIMATOR_UNKNOWN",
    ),
    (
        "a model of its zoo",
        "sqlflow_models.StackedRNNClassifier",
        {"model.stack_units": [16], "model.model_type": "lstm"},
        None,
        "TRAIN_ESTIMATOR_UNKNOWN",
    ),
    ("PAI's forest", "RandomForests", {"model.tree_num": 3}, None, "TRAIN_ESTIMATOR_UNKNOWN"),
    ("a pattern of columns", "DNNClassifier", DNN, [call("INDICATOR", call("CATEGORY_ID", "a.*", 1000))], "TRAIN_COLUMN_UNKNOWN"),
    ("an attribute without its group", "DNNClassifier", {"n_classes": 3, "hidden_units": [10, 20]}, None, "TRAIN_ATTRIBUTE_UNKNOWN"),
    ("descending boundaries", "DNNClassifier", DNN, [call("BUCKET", call("DENSE", "petal_length", 1), [10, 0])], "TRAIN_FEATURE"),
    ("equal boundaries", "DNNClassifier", DNN, [call("BUCKET", call("DENSE", "petal_length", 1), [5, 5])], "TRAIN_FEATURE"),
    ("a bare category in a DNN", "DNNClassifier", DNN, [call("BUCKET", "petal_length", [10, 20])], "TRAIN_FEATURE"),
]


@pytest.mark.parametrize(("estimator", "attributes", "features", "code"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_is_refused(folder: Folder, estimator: str, attributes: dict[str, Any], features: Any, code: str) -> None:
    with pytest.raises(Mistake) as raised:
        folder.rows(iris()).job(estimator=estimator, attributes=attributes, features=features).run()
    assert raised.value.code == code
    assert raised.value.hint
