"""How good predictions are. Names are scikit-learn's, Keras' and SQLFlow's."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from .mistakes import Mistake, meant, quoted
from .prediction import Kind, Prediction
from .table import Doubles, Integers

Measure = Callable[["Measured"], float]

# Its logarithm stands for that of 0, as in scikit-learn.
LEAST_PROBABILITY = float(np.finfo(np.float64).eps)


class Measured:
    """True and predicted values of the same rows."""

    def __init__(self, prediction: Prediction, places: Integers | None, numbers: Doubles | None, classes: int) -> None:
        self.labels = prediction.labels
        self.probabilities = prediction.probabilities
        self.values = prediction.values
        self.places = places
        self.numbers = numbers
        self.classes = classes

    def confusion(self) -> npt.NDArray[np.float64]:
        """[true, predicted]."""
        assert self.places is not None and self.labels is not None
        counts = np.bincount(self.places * self.classes + self.labels, minlength=self.classes**2)
        return counts.reshape(self.classes, self.classes).astype(np.float64)

    def error(self) -> Doubles:
        assert self.numbers is not None and self.values is not None
        values = self.values.reshape(len(self.numbers), -1)[:, 0].astype(np.float64)
        return values - self.numbers


def _accuracy(measured: Measured) -> float:
    counts = measured.confusion()
    return float(np.trace(counts) / counts.sum())


def _of_classes(measured: Measured, each: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]) -> float:
    """Of the second of two classes; the mean over the classes that occur or are predicted if there are more."""
    counts = measured.confusion()
    values = each(counts)
    if len(values) == 2:
        return float(values[1])
    occurring = (counts.sum(axis=0) + counts.sum(axis=1)) > 0
    return float(values[occurring].mean())


def _ratio(above: npt.NDArray[np.float64], below: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(below > 0, above / np.where(below > 0, below, 1), 0.0)


def _precision(measured: Measured) -> float:
    return _of_classes(measured, lambda counts: _ratio(np.diag(counts), counts.sum(axis=0)))


def _recall(measured: Measured) -> float:
    return _of_classes(measured, lambda counts: _ratio(np.diag(counts), counts.sum(axis=1)))


def _f1(measured: Measured) -> float:
    return _of_classes(measured, lambda counts: _ratio(2 * np.diag(counts), counts.sum(axis=0) + counts.sum(axis=1)))


def _auc(measured: Measured) -> float:
    """Area under the ROC curve, by ranks; for more than two classes the mean of each against the rest."""
    return _against_rest(measured, _area)


def _against_rest(measured: Measured, area: Callable[[Doubles, npt.NDArray[np.bool_]], float]) -> float:
    assert measured.places is not None
    if measured.probabilities is None:
        scores = np.asarray(measured.values, np.float64).reshape(-1, 1)
        return area(scores[:, 0], measured.places == 1)
    if measured.classes == 2:
        return area(measured.probabilities[:, 1].astype(np.float64), measured.places == 1)
    areas = [area(measured.probabilities[:, each].astype(np.float64), measured.places == each) for each in range(measured.classes)]
    known = [each for each in areas if each == each]
    return float(np.mean(known)) if known else float("nan")


def _area(scores: Doubles, positive: npt.NDArray[np.bool_]) -> float:
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    hits, misses = int(positive.sum()), int((~positive).sum())
    if hits == 0 or misses == 0:
        return float("nan")
    return float((ranks[positive].sum() - hits * (hits + 1) / 2) / (hits * misses))


def _log_loss(measured: Measured) -> float:
    if measured.probabilities is None or measured.places is None:
        return float("nan")
    chosen = measured.probabilities[np.arange(len(measured.places)), measured.places]
    return float(-np.log(np.maximum(chosen.astype(np.float64), LEAST_PROBABILITY)).mean())


def _average_precision(measured: Measured) -> float:
    """The mean precision over the thresholds at which the recall rises; for more than two classes the mean of each against the rest."""
    return _against_rest(measured, _step_area)


def _step_area(scores: Doubles, positive: npt.NDArray[np.bool_]) -> float:
    order = np.argsort(-scores, kind="stable")
    last = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    hits = np.cumsum(positive[order])[last].astype(np.float64)
    if hits[-1] == 0:
        return float("nan")
    return float((np.diff(hits, prepend=0.0) / hits[-1] * (hits / (last + 1))).sum())


def _balanced_accuracy(measured: Measured) -> float:
    counts = measured.confusion()
    occurring = counts.sum(axis=1) > 0
    return float((np.diag(counts)[occurring] / counts.sum(axis=1)[occurring]).mean())


def _brier_score(measured: Measured) -> float:
    if measured.probabilities is None or measured.places is None:
        return float("nan")
    error = measured.probabilities.astype(np.float64) - np.eye(measured.classes)[measured.places]
    # As scikit-learn's: of two classes, the error of one.
    return float((error**2).sum(axis=1).mean() / (2 if measured.classes == 2 else 1))


def _cohen_kappa(measured: Measured) -> float:
    counts = measured.confusion()
    total = counts.sum()
    by_chance = float((counts.sum(axis=0) * counts.sum(axis=1)).sum() / total**2)
    return (float(np.trace(counts) / total) - by_chance) / (1 - by_chance) if by_chance < 1 else float("nan")


def _zero_one_loss(measured: Measured) -> float:
    return 1 - _accuracy(measured)


def _hinge_loss(measured: Measured) -> float:
    """How far the margin of the true class over the best other one is below 1; of probabilities, the margin is that of their logarithms."""
    assert measured.places is not None
    if measured.probabilities is None:
        margins = np.asarray(measured.values, np.float64).reshape(-1) * np.where(measured.places == 1, 1, -1)
    else:
        scores = np.log(np.maximum(measured.probabilities.astype(np.float64), LEAST_PROBABILITY))
        rows = np.arange(len(scores))
        own = scores[rows, measured.places]
        scores[rows, measured.places] = -np.inf
        margins = own - scores.max(axis=1)
    return float(np.maximum(0, 1 - margins).mean())


def _top_k_accuracy(measured: Measured, most: int = 5) -> float:
    """The share of rows whose class is among the five most probable ones, as Keras has it."""
    if measured.probabilities is None or measured.places is None:
        return float("nan")
    chosen = measured.probabilities[np.arange(len(measured.places)), measured.places]
    return float(((measured.probabilities > chosen[:, np.newaxis]).sum(axis=1) < most).mean())


def _cell(measured: Measured, truth: int, predicted: int) -> float:
    """Only two classes are a positive and a negative one."""
    return float(measured.confusion()[truth, predicted]) if measured.classes == 2 else float("nan")


def _absolute(measured: Measured) -> float:
    return float(np.abs(measured.error()).mean())


def _squared(measured: Measured) -> float:
    return float((measured.error() ** 2).mean())


def _root(measured: Measured) -> float:
    return float(np.sqrt(_squared(measured)))


def _percentage(measured: Measured) -> float:
    assert measured.numbers is not None
    return float((np.abs(measured.error()) / np.maximum(np.abs(measured.numbers), 1e-7)).mean() * 100)


def _explained(measured: Measured) -> float:
    assert measured.numbers is not None
    spread = float(((measured.numbers - measured.numbers.mean()) ** 2).sum())
    return 1 - float((measured.error() ** 2).sum()) / spread if spread > 0 else float("nan")


def _explained_variance(measured: Measured) -> float:
    assert measured.numbers is not None
    spread = float(measured.numbers.var())
    return 1 - float(measured.error().var()) / spread if spread > 0 else float("nan")


def _squared_log(measured: Measured) -> float:
    """NaN for numbers below zero, as scikit-learn rejects them."""
    assert measured.numbers is not None
    values = measured.numbers + measured.error()
    if (measured.numbers < 0).any() or (values < 0).any():
        return float("nan")
    return float(((np.log1p(values) - np.log1p(measured.numbers)) ** 2).mean())


def _median(measured: Measured) -> float:
    return float(np.median(np.abs(measured.error())))


def _distance(measured: Measured) -> float:
    """Mean squared distance to the nearest centre."""
    assert measured.values is not None
    return float((measured.values.min(axis=1).astype(np.float64) ** 2).mean())


_BY_KIND: dict[Kind, dict[str, Measure]] = {
    "classifier": {
        "accuracy": _accuracy,
        "precision": _precision,
        "recall": _recall,
        "f1": _f1,
        "auc": _auc,
        "log_loss": _log_loss,
        "average_precision": _average_precision,
        "balanced_accuracy": _balanced_accuracy,
        "brier_score": _brier_score,
        "cohen_kappa": _cohen_kappa,
        "hamming_loss": _zero_one_loss,
        "hinge_loss": _hinge_loss,
        "zero_one_loss": _zero_one_loss,
        "top_k_categorical_accuracy": _top_k_accuracy,
        "true_positives": lambda measured: _cell(measured, 1, 1),
        "true_negatives": lambda measured: _cell(measured, 0, 0),
        "false_positives": lambda measured: _cell(measured, 0, 1),
        "false_negatives": lambda measured: _cell(measured, 1, 0),
    },
    "regressor": {
        "mae": _absolute,
        "mse": _squared,
        "rmse": _root,
        "mape": _percentage,
        "r2": _explained,
        "explained_variance": _explained_variance,
        "mean_squared_log_error": _squared_log,
        "median_absolute_error": _median,
    },
    "clusters": {"mean_squared_distance": _distance},
}
# What a model is measured by if the statement names nothing.
_USUAL: dict[Kind, tuple[str, ...]] = {
    "classifier": ("accuracy", "precision", "recall", "f1", "auc", "log_loss"),
    "regressor": ("mae", "mse", "rmse", "mape", "r2"),
    "clusters": ("mean_squared_distance",),
}
# In lower case, without underscores.
_SYNONYMS = {
    "accuracyscore": "accuracy",
    "averageprecisionscore": "average_precision",
    "balancedaccuracyscore": "balanced_accuracy",
    "binaryaccuracy": "accuracy",
    "brierscoreloss": "brier_score",
    "categoricalaccuracy": "accuracy",
    "cohenkappascore": "cohen_kappa",
    "explainedvariancescore": "explained_variance",
    "sparsecategoricalaccuracy": "accuracy",
    "precisionscore": "precision",
    "recallscore": "recall",
    "f1score": "f1",
    "rocaucscore": "auc",
    "rocauc": "auc",
    "meanabsoluteerror": "mae",
    "meansquarederror": "mse",
    "rootmeansquarederror": "rmse",
    "meanabsolutepercentageerror": "mape",
    "r2score": "r2",
    **{name.replace("_", ""): name for metrics in _BY_KIND.values() for name in metrics},
}


def metric_names(given: str | Sequence[str] | None, kind: Kind) -> list[tuple[str, str]]:
    """Names as the statement has them and as they are computed; the usual ones of the kind if there are none."""
    known = _BY_KIND[kind]
    names = given.split(",") if isinstance(given, str) else given
    if not names:
        return [(name, name) for name in _USUAL[kind]]
    found = []
    for name in (each.strip() for each in names):
        key = name.lower().replace("_", "").replace(" ", "")
        metric = _SYNONYMS.get(key, key)
        if metric not in known:
            hint = meant(name, known, f"a {kind} has {', '.join(known)}")
            raise Mistake("TRAIN_METRIC_UNKNOWN", f"a {kind} has no metric {quoted(name)}", hint)
        found.append((name, metric))
    return found


def measure(names: Sequence[tuple[str, str]], kind: Kind, measured: Measured) -> dict[str, float]:
    return {name: _BY_KIND[kind][metric](measured) for name, metric in names}
