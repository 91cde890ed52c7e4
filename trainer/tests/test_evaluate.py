"""TO EVALUATE: metrics by the exported file, as scikit-learn computes them."""

from typing import Any

import numpy as np
import pytest
from conftest import Folder
from datasets import cancer, diabetes, iris
from sklearn import metrics as sk

from millrace_trainer.metrics import Measured, measure, metric_names
from millrace_trainer.mistakes import Mistake
from millrace_trainer.prediction import Prediction


def evaluate(folders: Any, trained: Folder, rows: Any, **job: Any) -> Folder:
    made: Folder = folders("evaluated").rows(rows).job(task="evaluate", **{"from": "model.onnx", **job})
    (made.path / "model.onnx").write_bytes((trained.path / "out" / "model.onnx").read_bytes())
    made.run()
    return made


@pytest.mark.parametrize("rows", [iris, cancer])
def test_a_classifiers_metrics_are_those_of_its_report(folders: Any, rows: Any) -> None:
    trained = folders("trained").rows(rows()).job(estimator="LogisticRegression")
    trained.run()
    found = evaluate(folders, trained, rows())
    assert found.report["metrics"] == pytest.approx(trained.report["metrics"]["train"], rel=1e-5)
    table = found.table("out")
    assert list(table.columns) == ["rows", "accuracy", "precision", "recall", "f1", "auc", "log_loss"]
    assert table.numbers("accuracy").values[0] == found.report["metrics"]["accuracy"]


def test_names_stay_as_the_statement_has_them(folders: Any) -> None:
    trained = folders("trained").rows(diabetes()).job(estimator="LinearRegressor")
    trained.run()
    given = {"validation.metrics": "mean_absolute_error,MeanSquaredError, RMSE"}
    found = evaluate(folders, trained, diabetes(), attributes=given)
    assert list(found.report["metrics"]) == ["mean_absolute_error", "MeanSquaredError", "RMSE"]
    assert found.report["metrics"]["RMSE"] ** 2 == pytest.approx(found.report["metrics"]["MeanSquaredError"])


def test_rows_with_an_unknown_class_or_none_are_left_out(folders: Any) -> None:
    trained = folders("trained").rows(iris()).job(estimator="LogisticRegression")
    trained.run()
    rows = {name: [*values[:3]] for name, values in iris().items()}
    found = evaluate(folders, trained, {**rows, "y": ["setosa", "unseen", None]})
    assert found.report["rows"] == 1
    with pytest.raises(Mistake, match="NULL in all"):
        evaluate(lambda _: folders("none"), trained, {**rows, "y": [None, None, None]})


# SQLFlow's, by scikit-learn's and Keras' names, besides those that every model is measured by.
FURTHER = (
    "average_precision_score,balanced_accuracy_score,brier_score_loss,cohen_kappa_score,hamming_loss,hinge_loss,zero_one_loss,"
    "TopKCategoricalAccuracy,TruePositives,TrueNegatives,FalsePositives,FalseNegatives"
)


def test_five_classes_count_as_the_most_probable() -> None:
    probabilities = np.linspace(0.05, 0.95, 7, dtype=np.float32) * np.ones((7, 1), np.float32)
    measured = Measured(Prediction(np.full(7, 6), probabilities), np.arange(7), None, 7)
    assert measure([("top", "top_k_categorical_accuracy")], "classifier", measured)["top"] == 5 / 7


@pytest.mark.parametrize("classes", [2, 4])
def test_metrics_equal_scikit_learns(classes: int) -> None:
    generator = np.random.default_rng(5)
    places = generator.integers(0, classes, 500)
    scores = generator.random((500, classes)).astype(np.float32).round(2) + 0.3 * np.eye(classes, dtype=np.float32)[places]
    probabilities = scores / scores.sum(axis=1, keepdims=True)
    labels = probabilities.argmax(axis=1)
    names = [*metric_names(None, "classifier"), *metric_names(FURTHER, "classifier")]
    found = measure(names, "classifier", Measured(Prediction(labels, probabilities), places, None, classes))
    average: Any = "binary" if classes == 2 else "macro"
    assert found["accuracy"] == pytest.approx(sk.accuracy_score(places, labels))
    assert found["precision"] == pytest.approx(sk.precision_score(places, labels, average=average))
    assert found["recall"] == pytest.approx(sk.recall_score(places, labels, average=average))
    assert found["f1"] == pytest.approx(sk.f1_score(places, labels, average=average))
    assert found["log_loss"] == pytest.approx(sk.log_loss(places, probabilities), rel=1e-5)
    expected = sk.roc_auc_score(places, probabilities[:, 1] if classes == 2 else probabilities, multi_class="ovr")
    assert found["auc"] == pytest.approx(expected, rel=1e-6)
    share = probabilities[:, 1] if classes == 2 else probabilities
    assert found["average_precision_score"] == pytest.approx(sk.average_precision_score(places, share), rel=1e-6)
    assert found["balanced_accuracy_score"] == pytest.approx(sk.balanced_accuracy_score(places, labels))
    assert found["brier_score_loss"] == pytest.approx(sk.brier_score_loss(places, share), rel=1e-6)
    assert found["cohen_kappa_score"] == pytest.approx(sk.cohen_kappa_score(places, labels))
    assert found["hamming_loss"] == pytest.approx(sk.hamming_loss(places, labels))
    assert found["zero_one_loss"] == pytest.approx(sk.zero_one_loss(places, labels))
    decision = np.log(np.maximum(probabilities.astype(np.float64), 1e-15))
    decision = decision[:, 1] - decision[:, 0] if classes == 2 else decision
    assert found["hinge_loss"] == pytest.approx(sk.hinge_loss(places, decision), rel=1e-6)
    assert found["TopKCategoricalAccuracy"] == 1.0
    cells = sk.confusion_matrix(places, labels).ravel().tolist() if classes == 2 else [float("nan")] * 4
    names = ("TrueNegatives", "FalsePositives", "FalseNegatives", "TruePositives")
    assert [found[name] for name in names] == pytest.approx(cells, nan_ok=True)


def test_metrics_of_numbers_equal_scikit_learns() -> None:
    generator = np.random.default_rng(6)
    numbers = generator.normal(50, 10, 300)
    values = (numbers + generator.normal(0, 3, 300)).astype(np.float32)
    names = metric_names(None, "regressor") + metric_names(
        ["explained_variance_score", "mean_squared_log_error", "median_absolute_error"], "regressor"
    )
    found = measure(names, "regressor", Measured(Prediction(values=values), None, numbers, 0))
    assert found["mae"] == pytest.approx(sk.mean_absolute_error(numbers, values))
    assert found["rmse"] == pytest.approx(sk.root_mean_squared_error(numbers, values))
    assert found["mape"] == pytest.approx(100 * sk.mean_absolute_percentage_error(numbers, values))
    assert found["r2"] == pytest.approx(sk.r2_score(numbers, values))
    assert found["explained_variance_score"] == pytest.approx(sk.explained_variance_score(numbers, values))
    assert found["mean_squared_log_error"] == pytest.approx(sk.mean_squared_log_error(numbers, values))
    assert found["median_absolute_error"] == pytest.approx(sk.median_absolute_error(numbers, values))
