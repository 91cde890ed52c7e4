"""Prints scikit-learn's tables, and what the libraries themselves say of their rows after training on the same rows.

Input: the cases as JSON on standard input. XGBoost and scikit-learn are called by themselves; a network's library is the trainer's own,
whose quality is compared with that of scikit-learn's estimator of the kind."""

import json
import sys
import tempfile
from pathlib import Path

from millrace_trainer.processor import fix_arithmetic

fix_arithmetic()

import numpy as np  # noqa: E402
import xgboost  # noqa: E402
from sklearn import cluster, datasets, linear_model, metrics, neural_network  # noqa: E402

from millrace_trainer.estimators import trainer_of  # noqa: E402
from millrace_trainer.job import read_job  # noqa: E402
from millrace_trainer.messages import Messages  # noqa: E402
from millrace_trainer.table import read_table, write_table  # noqa: E402
from millrace_trainer.train import make_training  # noqa: E402

SEED = 1


def tables():
    """Features, then labels, by name."""
    found = {"iris": datasets.load_iris(), "cancer": datasets.load_breast_cancer(), "diabetes": datasets.load_diabetes()}
    columns = {
        table: {str(name).replace(" (cm)", "").replace(" ", "_"): each.data[:, place] for place, name in enumerate(each.feature_names)}
        for table, each in found.items()
    }
    number = {"iris": found["iris"].data[:, 3], "cancer": found["cancer"].data[:, 0], "diabetes": found["diabetes"].target}
    labels = {
        "iris": {"class": [str(found["iris"].target_names[each]) for each in found["iris"].target]},
        "cancer": {"class": found["cancer"].target.tolist()},
        # Thirds of the progression of the disease.
        "diabetes": {"class": np.searchsorted(np.quantile(number["diabetes"], [1 / 3, 2 / 3]), number["diabetes"]).tolist()},
    }
    for table, values in number.items():
        # What is learned is not among the features.
        columns[table] = {name: each for name, each in columns[table].items() if table == "diabetes" or not np.array_equal(each, values)}
        share = values / (1.1 * values.max())
        labels[table] |= {"number": values, "share": share, "tally": np.round(share * 10), "grade": np.round(share * 4)}
        labels[table] |= {"half": (share > np.median(share)).astype(float)}
    return {table: (columns[table], labels[table]) for table in found}


def plain(values):
    return [None if each != each else each for each in np.asarray(values, np.float64).ravel().tolist()]


class Case:
    def __init__(self, given, columns, labels):
        self.estimator, self.attributes = given["estimator"], given["attributes"]
        self.matrix = np.stack(list(columns.values()), axis=1).astype(np.float32)
        self.columns = columns
        self.label = given["label"]
        self.truth = None if self.label is None else labels[self.label]
        self.learned = np.arange(len(self.matrix)) % 3 > 0
        self.classes = None
        self.places = None
        if self.label == "class" or str(self.attributes.get("objective", "")).startswith(("binary:", "multi:")):
            self.classes, self.places = np.unique(self.truth, return_inverse=True)

    @property
    def numbers(self):
        return np.asarray(self.truth, np.float64) if self.places is None else self.places

    def scaled(self):
        """As trainer/README.md says: mean 0 and deviation 1, in 32 bits."""
        known = self.matrix[self.learned].astype(np.float64)
        mean, factor = known.mean(axis=0).astype(np.float32), (1 / known.std(axis=0)).astype(np.float32)
        return ((self.matrix - mean) * factor).astype(np.float64)


def said_by_library(case):
    """Probabilities [rows, classes], or values, or labels."""
    estimator = case.estimator
    if estimator.startswith("xgboost.XGB") and "Ranker" not in estimator:
        return by_estimator(case)
    if estimator.startswith("xgboost."):
        return by_booster(case)
    if estimator == "LogisticRegression":
        model = linear_model.LogisticRegression(C=case.attributes.get("model.C", 1.0), max_iter=1000)
        rows = case.scaled()
        return {"probabilities": model.fit(rows[case.learned], case.places[case.learned]).predict_proba(rows)}
    if estimator == "KMeans":
        rows = case.matrix.astype(np.float64)
        model = cluster.KMeans(case.attributes["model.n_clusters"], n_init=1, random_state=SEED).fit(rows[case.learned])
        distances = model.transform(rows)
        return {"labels": distances.argmin(axis=1), "distances": distances.min(axis=1)}
    return by_network(case)


def by_booster(case):
    """xgboost.train"""
    settings = {name: value for name, value in case.attributes.items() if "." not in name}
    objective = settings.setdefault("objective", "rank:ndcg")
    settings |= {"booster": case.estimator.split(".")[1], "seed": SEED, "nthread": 1}
    if settings["booster"] not in ("dart", "gblinear"):
        settings["booster"] = "gbtree"
    if objective.startswith("multi:"):
        settings["num_class"] = len(case.classes)
    rows = xgboost.DMatrix(case.matrix[case.learned], case.numbers[case.learned], nthread=1)
    if objective == "survival:aft":
        for bound in ("label_lower_bound", "label_upper_bound"):
            rows.set_float_info(bound, case.numbers[case.learned])
    booster = xgboost.train(settings, rows, case.attributes["train.num_boost_round"])
    found = booster.predict(xgboost.DMatrix(case.matrix, nthread=1))
    if objective == "binary:logistic":
        return {"probabilities": np.stack([1 - found, found], axis=1)}
    if objective == "multi:softprob":
        return {"probabilities": found}
    if objective == "binary:logitraw":
        return {"labels": (found > 0).astype(int)}
    return {"labels": found.astype(int)} if case.classes is not None else {"values": found}


def by_estimator(case):
    """xgboost.XGBClassifier and the like"""
    settings = {name: value for name, value in case.attributes.items() if "." not in name}
    trees = case.attributes.get("model.tree_num", case.attributes.get("train.num_boost_round"))
    model = getattr(xgboost, case.estimator.split(".")[1])(n_estimators=trees, random_state=SEED, n_jobs=1, **settings)
    model.fit(case.matrix[case.learned], case.numbers[case.learned])
    return {"values": model.predict(case.matrix)} if case.classes is None else {"probabilities": model.predict_proba(case.matrix)}


def by_network(case):
    """The trainer's own library, which reads the rows from files that this script writes; and scikit-learn's estimator of the kind."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part, chosen in (("train", case.learned), ("all", np.ones_like(case.learned))):
            (folder / part).mkdir(parents=True)
            columns = [(name, values[chosen]) for name, values in case.columns.items()]
            truth = np.asarray(case.truth)[chosen]
            write_table(folder / part, [*columns, (case.label, truth.tolist() if truth.dtype.kind == "U" else truth.astype(np.float64))])
        (folder / "data").mkdir()
        (folder / "train").rename(folder / "data" / "train")
        job = {"version": 1, "task": "train", "estimator": case.estimator, "attributes": case.attributes, "label": case.label, "seed": SEED}
        if "Combined" in case.estimator:
            job["features"] = [{"for": f"{part}_feature_columns", "column": name} for part in ("dnn", "linear") for name in case.columns]
        (folder / "job.json").write_text(json.dumps(job))
        with open("/dev/null", "w") as nowhere:
            training, _ = make_training(folder, read_job(folder), Messages(nowhere))
            found = trainer_of(case.estimator)(training).model.predict(read_table(folder / "all"))
    said = {"probabilities": found.probabilities} if case.classes is not None else {"values": found.values}
    return {**said, "peer": peer(case)}


def peer(case):
    """The accuracy, or R2, that scikit-learn's estimator of the kind reaches on the rows that were not learned."""
    hidden = case.attributes.get("model.hidden_units", case.attributes.get("model.dnn_hidden_units"))
    layers = {"hidden_layer_sizes": hidden, "random_state": SEED, "max_iter": 300, "learning_rate_init": 0.01}
    if case.classes is not None:
        model = neural_network.MLPClassifier(**layers) if hidden else linear_model.LogisticRegression(max_iter=1000)
    else:
        model = linear_model.LinearRegression() if hidden is None else neural_network.MLPRegressor(**layers)
    rows, numbers = case.scaled(), case.numbers.astype(np.float64)
    shift, factor = (0, 1) if case.classes is not None else (numbers.mean(), numbers.std())
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(rows[case.learned], (numbers[case.learned] - shift) / factor)
    return float(model.score(rows[~case.learned], (numbers[~case.learned] - shift) / factor))


def measured(case, said):
    """scikit-learn's figures of the rows that were not learned, by the names that SQLFlow has for them."""
    held = ~case.learned
    if "distances" in said:
        return {"mean_squared_distance": float((said["distances"][held] ** 2).mean())}
    return measured_values(case, said, held) if case.classes is None else measured_classes(case, said, held)


def measured_values(case, said, held):
    values = said["values"][held].reshape(held.sum(), -1)[:, 0].astype(np.float64)
    truth = case.numbers[held]
    is_positive = (truth > 0).all() and (values >= 0).all()
    return {
        "MeanAbsoluteError": metrics.mean_absolute_error(truth, values),
        "mean_squared_error": metrics.mean_squared_error(truth, values),
        "RootMeanSquaredError": metrics.root_mean_squared_error(truth, values),
        "MeanAbsolutePercentageError": 100 * metrics.mean_absolute_percentage_error(truth, values) if is_positive else None,
        "r2": metrics.r2_score(truth, values),
        "explained_variance_score": metrics.explained_variance_score(truth, values),
        "mean_squared_log_error": metrics.mean_squared_log_error(truth, values) if is_positive else None,
        "median_absolute_error": metrics.median_absolute_error(truth, values),
    }


def measured_classes(case, said, held):
    truth, several = case.places[held], len(case.classes) > 2
    labels = said["labels"][held] if "labels" in said else said["probabilities"][held].argmax(axis=1)
    average = "macro" if several else "binary"
    figures = {
        "accuracy": metrics.accuracy_score(truth, labels),
        "Precision": metrics.precision_score(truth, labels, average=average, zero_division=0),
        "recall_score": metrics.recall_score(truth, labels, average=average),
        "f1_score": metrics.f1_score(truth, labels, average=average),
        "balanced_accuracy_score": metrics.balanced_accuracy_score(truth, labels),
        "cohen_kappa_score": metrics.cohen_kappa_score(truth, labels),
        "hamming_loss": metrics.hamming_loss(truth, labels),
        "zero_one_loss": metrics.zero_one_loss(truth, labels),
    }
    if not several:
        names = ("TrueNegatives", "FalsePositives", "FalseNegatives", "TruePositives")
        figures |= zip(names, metrics.confusion_matrix(truth, labels).ravel().tolist(), strict=True)
    if "probabilities" in said:
        shares = said["probabilities"][held].astype(np.float64)
        shares /= shares.sum(axis=1, keepdims=True)
        scores = shares if several else shares[:, 1]
        margins = np.log(np.maximum(shares, np.finfo(np.float64).eps))
        figures |= {
            "AUC": metrics.roc_auc_score(truth, scores, multi_class="ovr"),
            "log_loss": metrics.log_loss(truth, shares),
            "average_precision_score": metrics.average_precision_score(truth, scores),
            "brier_score_loss": metrics.brier_score_loss(truth, scores),
            "hinge_loss": metrics.hinge_loss(truth, margins if several else margins[:, 1] - margins[:, 0]),
            "TopKCategoricalAccuracy": 1,
        }
    return figures


def main():
    known = tables()
    answers = []
    for given in json.load(sys.stdin):
        case = Case(given, *known[given["table"]])
        said = said_by_library(case)
        answer = {name: plain(values) for name, values in said.items() if name != "peer"}
        # A whole number is a class without decimals.
        classes = None if case.classes is None else [str(each).removesuffix(".0") for each in case.classes.tolist()]
        answers.append({**answer, "classes": classes, "peer": said.get("peer"), "metrics": measured(case, said)})
    columns = {
        table: {name: values if isinstance(values, list) else plain(values) for name, values in {**features, **labels}.items()}
        for table, (features, labels) in known.items()
    }
    print(json.dumps({"tables": columns, "features": {table: list(each[0]) for table, each in known.items()}, "answers": answers}))


main()
