"""Trains every estimator on scikit-learn's tables. A folder each: the model, the columns, and what the library itself says of the rows."""

import json
import sys
from pathlib import Path

from millrace_trainer.processor import fix_arithmetic

fix_arithmetic()

import numpy as np  # noqa: E402
from sklearn import datasets  # noqa: E402

import millrace_trainer.train as train  # noqa: E402
from millrace_trainer.boosting.objectives import OBJECTIVES  # noqa: E402
from millrace_trainer.job import read_job  # noqa: E402
from millrace_trainer.messages import Messages  # noqa: E402
from millrace_trainer.table import write_table  # noqa: E402

CLASSIFIERS = {
    "DNNClassifier": {"train.epoch": 2},
    "DNNLinearCombinedClassifier": {"train.epoch": 2},
    "LinearClassifier": {"train.epoch": 2},
    "LogisticRegression": {},
    "xgboost.gbtree": {"objective": "multi:softprob", "train.num_boost_round": 5},
    "xgboost.XGBClassifier": {"train.num_boost_round": 5},
    "xgboost.XGBRFClassifier": {"model.tree_num": 5},
    "KMeans": {"model.n_clusters": 3},
}
REGRESSORS = {
    "DNNRegressor": {"train.epoch": 2},
    "DNNLinearCombinedRegressor": {"train.epoch": 2},
    "LinearRegressor": {"train.epoch": 2},
    "xgboost.gbtree": {"objective": "reg:squarederror", "train.num_boost_round": 5},
    "xgboost.dart": {"objective": "reg:squarederror", "train.num_boost_round": 5},
    "xgboost.gblinear": {"objective": "reg:squarederror", "train.num_boost_round": 5},
    "xgboost.XGBRegressor": {"train.num_boost_round": 5},
    "xgboost.XGBRFRegressor": {"model.tree_num": 5},
}
NUMBERS = {
    "count:poisson": lambda y: np.round(y / 40),
    "reg:logistic": lambda y: y / 400,
    "rank:map": lambda y: (y > 140).astype(float),
}
OTHERS = {
    "reg:quantileerror": {"quantile_alpha": [0.1, 0.5, 0.9]},
    "survival:aft": {"aft_loss_distribution": "logistic"},
}
TABLES = {
    "iris": (datasets.load_iris, CLASSIFIERS),
    "cancer": (datasets.load_breast_cancer, CLASSIFIERS),
    "diabetes": (datasets.load_diabetes, REGRESSORS),
}


def columns_of(load):
    found = load()
    names = [name.replace(" (cm)", "").replace(" ", "_") for name in found.feature_names]
    columns = {name: found.data[:, place].copy() for place, name in enumerate(names)}
    # NULLs and a text, as real tables have them.
    columns[names[0]][::17] = np.nan
    columns["size"] = [["small", "large", ""][int(place) % 3] for place in np.argsort(found.data[:, 1])]
    label = [str(found.target_names[each]) for each in found.target] if hasattr(found, "target_names") else found.target
    return columns, label


def label_of(objective, label):
    """The progression of diabetes as an objective learns it."""
    classes = OBJECTIVES[objective].classes
    if classes is not None:
        return (label > 140).astype(float) if classes == 2 else np.searchsorted([90, 200], label).astype(float)
    usual = (lambda y: np.round(y / 100)) if objective.startswith("rank:") else (lambda y: y)
    return NUMBERS.get(objective, usual)(label)


def features_of(estimator, columns):
    if not estimator.startswith("DNNLinear"):
        return None
    return [{"for": f"{part}_feature_columns", "column": name} for part in ("dnn", "linear") for name in columns]


def main(root):
    check = train.check_export
    said = {}

    def checked(data, inputs, trained, table):
        said["of"] = trained.predict(table)
        said["table"] = table
        return check(data, inputs, trained, table)

    train.check_export = checked
    columns, label = columns_of(datasets.load_diabetes)
    for objective in OBJECTIVES:
        attributes = {"objective": objective, "train.num_boost_round": 3, **OTHERS.get(objective, {})}
        folder = root / f"diabetes.xgboost.gbtree.{objective.replace(':', '-')}"
        learn(folder, {**columns, "y": label_of(objective, label)}, {"estimator": "xgboost.gbtree", "attributes": attributes}, said)
    for name, (load, estimators) in TABLES.items():
        columns, label = columns_of(load)
        for estimator, attributes in estimators.items():
            if name == "cancer" and attributes.get("objective") == "multi:softprob":
                attributes = {**attributes, "objective": "binary:logistic"}
            folder = root / f"{name}.{estimator}"
            given = columns if estimator == "KMeans" else {**columns, "y": label}
            if estimator == "KMeans":
                given = {key: value for key, value in given.items() if key != "size"}
                first = next(iter(given))
                given[first] = np.nan_to_num(given[first])
            job = {"attributes": attributes, "features": features_of(estimator, columns), "estimator": estimator}
            learn(folder, given, job, said)


def learn(folder, given, job, said):
    (folder / "data" / "train").mkdir(parents=True)
    write_table(folder / "data" / "train", list(given.items()))
    job = {"version": 1, "task": "train", "label": "y" if "y" in given else None, "seed": 1, "threads": 1, "from": None, **job}
    (folder / "job.json").write_text(json.dumps(job))
    with open("/dev/null", "w") as nowhere:
        train.run_train(folder, read_job(folder), Messages(nowhere))
    write_said(folder, given, said["of"])


def write_said(folder, given, prediction):
    def rows(values):
        return None if values is None else [None if each != each else each for each in np.asarray(values, float).ravel().tolist()]

    columns = {key: rows(value) if not isinstance(value, list) else value for key, value in given.items()}
    library = {"labels": None if prediction.labels is None else prediction.labels.tolist()}
    library |= {"probabilities": rows(prediction.probabilities), "values": rows(prediction.values)}
    (folder / "library.json").write_text(json.dumps({"columns": columns, "library": library}))


main(Path(sys.argv[1]))
