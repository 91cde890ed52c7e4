"""USING goes on with a model: as far as uninterrupted training, or refused in words. And the same rows and seed give the same file."""

import hashlib
from typing import Any

import numpy as np
import pytest
from conftest import Folder
from datasets import cancer, diabetes, iris

from millrace_trainer.mistakes import Mistake

SHORT: dict[str, dict[str, Any]] = {
    "DNNClassifier": {"train.epoch": 2},
    "DNNLinearCombinedClassifier": {"train.epoch": 2},
    "LinearClassifier": {"train.epoch": 2},
    "LogisticRegression": {},
    "xgboost.gbtree": {"objective": "multi:softprob", "train.num_boost_round": 2},
    "xgboost.dart": {"objective": "multi:softprob", "train.num_boost_round": 2},
    "xgboost.gblinear": {"objective": "multi:softprob", "train.num_boost_round": 2},
    "xgboost.XGBClassifier": {"train.num_boost_round": 2},
    "xgboost.XGBRFClassifier": {"model.tree_num": 3},
}


def go_on(folders: Any, begun: Folder, rows: Any, name: str = "on", **job: Any) -> Folder:
    made: Folder = folders(name).rows(rows).job(**job, **{"from": "model.onnx"})
    (made.path / "model.onnx").write_bytes((begun.path / "out" / "model.onnx").read_bytes())
    made.run()
    return made


def features_for(estimator: str, names: list[str]) -> Any:
    if "Combined" not in estimator:
        return names
    return [{"for": f"{part}_feature_columns", "column": name} for part in ("dnn", "linear") for name in names]


@pytest.mark.parametrize(
    ("estimator", "attributes", "rows"),
    [
        ("xgboost.gbtree", {"objective": "binary:logistic", "max_depth": 3}, cancer),
        ("xgboost.gbtree", {"objective": "reg:gamma"}, diabetes),
        ("xgboost.gbtree", {"objective": "reg:quantileerror", "quantile_alpha": [0.2, 0.8]}, diabetes),
        ("xgboost.gbtree", {"objective": "multi:softprob", "num_parallel_tree": 2}, iris),
        ("xgboost.dart", {"objective": "reg:squarederror"}, diabetes),
        ("xgboost.gblinear", {"objective": "reg:squarederror", "eta": 0.3}, diabetes),
        ("xgboost.XGBClassifier", {}, iris),
        ("xgboost.XGBClassifier", {}, cancer),
        ("xgboost.XGBRegressor", {}, diabetes),
    ],
)
def test_xgboost_without_sampling_goes_on_to_the_same_bits(folders: Any, estimator: str, attributes: dict[str, Any], rows: Any) -> None:
    rounds = "train.num_boost_round"
    whole = folders("whole").rows(rows()).job(estimator=estimator, attributes={**attributes, rounds: 7})
    whole.run()
    begun = folders("begun").rows(rows()).job(estimator=estimator, attributes={**attributes, rounds: 4})
    begun.run()
    on = go_on(folders, begun, rows(), estimator=estimator, attributes={**attributes, rounds: 3})
    what = next(name for name in ("probabilities", "value") if name in whole.predict())
    assert np.array_equal(on.predict()[what], whole.predict()[what])
    assert on.model.start.state == whole.model.start.state


@pytest.mark.parametrize("estimator", SHORT)
def test_other_features_and_classes_are_refused_in_words(folders: Any, estimator: str) -> None:
    rows = iris()
    names = [name for name in rows if name != "y"]
    job = {"estimator": estimator, "attributes": SHORT[estimator]}
    begun = folders("begun").rows(rows).job(features=features_for(estimator, names[:3]), **job)
    begun.run()
    for given, words in (
        ({"features": features_for(estimator, names)}, f"does not have the feature '{names[3]}', which COLUMN has"),
        ({"features": features_for(estimator, names[:2])}, f"has the feature '{names[2]}', which COLUMN lacks"),
    ):
        with pytest.raises(Mistake, match=words) as raised:
            go_on(folders, begun, rows, words[:9], **{**job, **given})
        assert raised.value.code == "TRAIN_GOING_ON"
    others = {**rows, "y": ["setosa", "a new one"] * 75}
    with pytest.raises(Mistake, match="has classes that the model to go on with does not know"):
        go_on(folders, begun, others, "classes", **job)
    with pytest.raises(Mistake, match=f"no column '{names[2]}'"):
        go_on(folders, begun, {name: rows[name] for name in rows if name != names[2]}, "columns", **job)
    same = go_on(folders, begun, rows, "same", features=features_for(estimator, names[:3]), **job)
    assert same.report["features"] == begun.report["features"]


@pytest.mark.parametrize("estimator", SHORT)
def test_rows_of_some_classes_are_learned_or_refused_in_words(folders: Any, estimator: str) -> None:
    job = {"estimator": estimator, "attributes": SHORT[estimator]}
    begun = folders("begun").rows(iris()).job(**job)
    begun.run()
    some = {name: values[:100] for name, values in iris().items()}
    if estimator == "LogisticRegression":
        with pytest.raises(Mistake, match="no row has the class 'virginica' of the model to go on with"):
            go_on(folders, begun, some, **job)
        return
    assert go_on(folders, begun, some, **job).report["classes"] == begun.report["classes"]


NUMBERS = {
    "DNNRegressor": {"train.epoch": 2},
    "DNNLinearCombinedRegressor": {"train.epoch": 2},
    "LinearRegressor": {"train.epoch": 2},
    "xgboost.XGBRegressor": {"train.num_boost_round": 2, "subsample": 0.5},
    "xgboost.XGBRFRegressor": {"model.tree_num": 3},
    "xgboost.XGBRanker": {"objective": "rank:pairwise", "train.num_boost_round": 2},
    "KMeans": {"model.n_clusters": 3},
}


@pytest.mark.parametrize("estimator", [*SHORT, *NUMBERS])
def test_the_same_rows_and_seed_give_the_same_file_and_another_seed_another(folders: Any, estimator: str) -> None:
    rows = iris() if estimator in SHORT else diabetes()
    if estimator in ("KMeans", "xgboost.XGBRanker"):
        rows["y"] = np.round(np.asarray(rows["y"]) / 100)
    names = [name for name in rows if name != "y"]
    digests = []
    for run, seed in enumerate((1, 1, 2)):
        made = folders(str(run)).rows(rows)
        made.job(
            estimator=estimator,
            attributes={**SHORT, **NUMBERS}[estimator],
            features=features_for(estimator, names),
            label=None if estimator == "KMeans" else "y",
            seed=seed,
        ).run()
        digests.append(hashlib.sha256((made.path / "out" / "model.onnx").read_bytes()).hexdigest())
    assert digests[0] == digests[1]
    # Nothing is drawn at random.
    fixed = {"LogisticRegression", "xgboost.gbtree", "xgboost.dart", "xgboost.gblinear", "xgboost.XGBClassifier", "xgboost.XGBRanker"}
    if estimator not in fixed:
        assert digests[0] != digests[2]
