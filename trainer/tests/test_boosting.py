"""XGBoost: the same trees as the library gives by itself, exported without a difference for every objective and booster."""

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import xgboost
from conftest import PACKAGE, Folder
from datasets import cancer, diabetes, iris

from millrace_trainer.boosting.objectives import OBJECTIVES
from millrace_trainer.boosting.parameters import KNOWN
from millrace_trainer.mistakes import Mistake

BOOSTERS: dict[str, dict[str, Any]] = {
    "xgboost.gbtree": {"max_depth": 3, "subsample": 0.8},
    "xgboost.dart": {"rate_drop": 0.3, "max_depth": 3},
    "xgboost.gblinear": {"eta": 0.3},
}
EXTRA: dict[str, dict[str, Any]] = {
    "reg:quantileerror": {"quantile_alpha": [0.1, 0.5, 0.9]},
    "reg:tweedie": {"tweedie_variance_power": 1.2},
    "reg:pseudohubererror": {"huber_slope": 2},
    "survival:aft": {"aft_loss_distribution": "logistic"},
}


@pytest.mark.parametrize("estimator", BOOSTERS)
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_objective_is_exported_without_a_difference(folder: Folder, objective: str, estimator: str) -> None:
    classes = OBJECTIVES[objective].classes
    if classes is None:
        numbers = np.asarray(diabetes()["y"]) / 400
        rows = {**diabetes(), "y": np.round(numbers * 10) if objective == "count:poisson" else numbers}
        if objective.startswith("rank:"):
            rows["y"] = np.round(numbers * 4) if objective != "rank:map" else (numbers > 0.4).astype(float)
    else:
        rows = cancer() if classes == 2 else iris()
    first = next(iter(rows))
    # One value in five is missing.
    rows[first] = np.where(np.arange(len(rows["y"])) % 5 == 0, np.nan, rows[first])
    attributes = {"objective": objective, "train.num_boost_round": 6, **BOOSTERS[estimator], **EXTRA.get(objective, {})}
    if estimator == "xgboost.gblinear" and objective == "reg:quantileerror":
        attributes["quantile_alpha"] = 0.5
    if estimator == "xgboost.gblinear" and objective == "reg:absoluteerror":
        pytest.skip("XGBoost itself adapts leaves only")
    folder.rows(rows).job(estimator=estimator, attributes=attributes).run()
    assert folder.report["export"]["difference"] <= 1e-5
    assert folder.report["export"]["rows"] == len(rows["y"])


def test_predicts_what_the_library_predicts_when_called_by_itself(folder: Folder) -> None:
    rows = iris(named=False)
    settings = {"objective": "multi:softprob", "eta": 0.1, "max_depth": 4, "subsample": 0.7, "seed": 1, "num_class": 3}
    folder.rows(rows).job(estimator="xgboost.gbtree", attributes={**settings, "train.num_boost_round": 12}).run()
    values = np.stack([rows[name] for name in rows if name != "y"], axis=1).astype(np.float32)
    matrix = xgboost.DMatrix(values, label=rows["y"], nthread=1)
    expected = xgboost.train({**settings, "nthread": 1}, matrix, 12).predict(matrix)
    assert folder.predict()["probabilities"] == pytest.approx(expected, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("estimator", BOOSTERS)
def test_classes_of_different_sizes_are_exported_without_a_difference(folder: Folder, estimator: str) -> None:
    rows = {name: [*values[:60], *values[90:110]] for name, values in iris().items()}
    folder.rows(rows).job(estimator=estimator, attributes={"objective": "multi:softprob"}).run()
    assert folder.report["export"]["difference"] <= 1e-5


@pytest.mark.parametrize("estimator", ["xgboost.XGBClassifier", "xgboost.XGBRFClassifier"])
def test_two_classes_are_learned_as_by_xgboosts_own_classifier(folder: Folder, estimator: str) -> None:
    rows = cancer()
    folder.rows(rows).job(estimator=estimator, attributes={"model.tree_num" if "RF" in estimator else "train.num_boost_round": 7}).run()
    values = np.stack([rows[name] for name in rows if name != "y"], axis=1).astype(np.float32)
    model = getattr(xgboost, estimator.split(".")[1])(n_estimators=7, random_state=1, n_jobs=1)
    expected = model.fit(values, np.asarray(rows["y"], int)).predict_proba(values)
    assert folder.predict()["probabilities"] == pytest.approx(expected, rel=1e-5, abs=1e-6)
    assert folder.model.start.extra == {"objective": "binary:logistic"}


def test_xgboost_does_not_load_scikit_learn() -> None:
    said = "import sys, millrace_trainer.boosting.estimator; assert 'sklearn' not in sys.modules; import sklearn.cluster"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PACKAGE)}
    subprocess.run([sys.executable, "-c", said], check=True, env=environment)


@pytest.mark.parametrize(("given", "code"), [({"objective": "reg:gamma"}, "TRAIN_GOING_ON"), ({}, None)])
def test_going_on_keeps_the_objective(folders: Any, given: dict[str, Any], code: str | None) -> None:
    begun = folders("begun").rows(diabetes()).job(estimator="xgboost.XGBRegressor", attributes={"objective": "reg:tweedie"})
    begun.run()
    on = folders("on").rows(diabetes()).job(estimator="xgboost.XGBRegressor", attributes=given, **{"from": "model.onnx"})
    (on.path / "model.onnx").write_bytes((begun.path / "out" / "model.onnx").read_bytes())
    if code is None:
        on.run()
        assert on.model.start.extra == {"objective": "reg:tweedie"}
        return
    with pytest.raises(Mistake, match="has the objective reg:tweedie, not reg:gamma") as raised:
        on.run()
    assert raised.value.code == code


def test_parallel_trees_and_growing_by_loss(folder: Folder) -> None:
    attributes = {"objective": "multi:softprob", "num_parallel_tree": 3, "grow_policy": "lossguide", "max_leaves": 7, "tree_method": "hist"}
    folder.rows(iris()).job(estimator="xgboost.gbtree", attributes=attributes).run()
    assert folder.report["export"]["difference"] <= 1e-5


def test_constraints_name_the_columns_of_the_table(folder: Folder) -> None:
    attributes = {
        "objective": "reg:squarederror",
        "monotone_constraints": "(1,0,0,0,0,0,0,0,0,0)",
        "interaction_constraints": "[[0, 1], [2, 3, 4]]",
    }
    folder.rows(diabetes()).job(estimator="xgboost.gbtree", attributes=attributes).run()
    assert folder.report["export"]["difference"] <= 1e-5


@pytest.mark.parametrize(
    ("attributes", "code", "words"),
    [
        ({"max_dept": 3}, "TRAIN_PARAMETER_UNKNOWN", "no parameter 'max_dept'; did you mean 'max_depth'?"),
        ({"num_round": 3}, "TRAIN_PARAMETER_UNKNOWN", "no parameter 'num_round'"),
        ({"rate_drop": 0.1}, "TRAIN_PARAMETER_UNKNOWN", "choose the booster or objective that has it"),
        ({"max_depth": "deep"}, "TRAIN_PARAMETER_VALUE", "max_depth"),
        ({"eta": -1}, "TRAIN_PARAMETER_VALUE", "Parameter learning_rate should be greater equal to 0"),
        ({"eval_metric": "rmsee"}, "TRAIN_PARAMETER_VALUE", "rmsee"),
        ({"tree_method": "fast"}, "TRAIN_PARAMETER_VALUE", "tree_method"),
        ({"objective": "reg:squareerror"}, "TRAIN_OBJECTIVE_UNKNOWN", "did you mean 'reg:squarederror'?"),
        ({"objective": None}, "TRAIN_OBJECTIVE_MISSING", "set objective = "),
        ({"nthread": 64}, "TRAIN_PARAMETER_REFUSED", "number of processors"),
        ({"device": "cuda"}, "TRAIN_PARAMETER_REFUSED", "an image of your own"),
        ({"booster": "dart"}, "TRAIN_PARAMETER_REFUSED", "TO TRAIN xgboost.dart"),
        ({"train.num_boost_rounds": 5}, "TRAIN_ATTRIBUTE_UNKNOWN", "did you mean 'train.num_boost_round'?"),
        ({"train.num_boost_round": 0}, "TRAIN_ATTRIBUTE_VALUE", "a whole number from 1"),
        ({"train.early_stopping_rounds": 5}, "TRAIN_VALIDATION_MISSING", "add validation.select"),
        ({"objective": "binary:logistic"}, "TRAIN_CLASSES", "set objective = 'multi:softprob'"),
        ({"objective": "multi:softmax", "num_class": 2}, "TRAIN_CLASSES", "set the number of classes to 214"),
        ({"monotone_constraints": "(1,1,1,1,1,1,1,1,1,1,1,1)"}, "TRAIN_PARAMETER_VALUE", "constraint"),
    ],
)
def test_wrong_parameters_are_mistakes_in_words(folder: Folder, attributes: dict[str, Any], code: str, words: str) -> None:
    folder.rows(diabetes()).job(estimator="xgboost.gbtree", attributes={"objective": "reg:squarederror", **attributes})
    with pytest.raises(Mistake) as raised:
        folder.run()
    said = f"{raised.value.message}; {raised.value.hint}"
    assert raised.value.code == code
    assert words in said
    assert ".cc" not in said and ".h:" not in said and "Stack trace" not in said
    assert not (folder.path / "out").exists()


def test_the_known_parameters_are_sorted_by_the_library(folder: Folder) -> None:
    """A name that XGBoost knows is never called unknown with a suggestion: one that it no longer has would be."""
    assert len(KNOWN) == len(set(KNOWN))
    folder.rows(diabetes()).job(
        estimator="xgboost.gbtree", attributes={"objective": "reg:squarederror", "max_cat_to_onehot": 4, "lambda": 2}
    ).run()
