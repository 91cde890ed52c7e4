"""How good predictions are. Names are scikit-learn's, Keras' and SQLFlow's."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from .mistakes import Mistake, meant, quoted
from .prediction import Kind, Prediction
from .table import Doubles, Integers

Measure = Callable[["Measured"], float]


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
    assert measured.places is not None
    if measured.probabilities is None:
        scores = np.asarray(measured.values, np.float64).reshape(-1, 1)
        return _area(scores[:, 0], measured.places == 1)
    if measured.classes == 2:
        return _area(measured.probabilities[:, 1].astype(np.float64), measured.places == 1)
    areas = [_area(measured.probabilities[:, each].astype(np.float64), measured.places == each) for each in range(measured.classes)]
    known = [area for area in areas if area == area]
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
    return float(-np.log(np.maximum(chosen.astype(np.float64), 1e-15)).mean())


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


def _distance(measured: Measured) -> float:
    """Mean squared distance to the nearest centre."""
    assert measured.values is not None
    return float((measured.values.min(axis=1).astype(np.float64) ** 2).mean())


_BY_KIND: dict[Kind, dict[str, Measure]] = {
    "classifier": {"accuracy": _accuracy, "precision": _precision, "recall": _recall, "f1": _f1, "auc": _auc, "log_loss": _log_loss},
    "regressor": {"mae": _absolute, "mse": _squared, "rmse": _root, "mape": _percentage, "r2": _explained},
    "clusters": {"mean_squared_distance": _distance},
}
# In lower case, without underscores.
_SYNONYMS = {
    "accuracyscore": "accuracy",
    "binaryaccuracy": "accuracy",
    "categoricalaccuracy": "accuracy",
    "sparsecategoricalaccuracy": "accuracy",
    "precisionscore": "precision",
    "recallscore": "recall",
    "f1score": "f1",
    "rocaucscore": "auc",
    "rocauc": "auc",
    "logloss": "log_loss",
    "meanabsoluteerror": "mae",
    "meansquarederror": "mse",
    "rootmeansquarederror": "rmse",
    "meanabsolutepercentageerror": "mape",
    "r2score": "r2",
    "meansquareddistance": "mean_squared_distance",
}


def metric_names(given: str | Sequence[str] | None, kind: Kind) -> list[tuple[str, str]]:
    """Names as the statement has them and as they are computed; all of the kind if there are none."""
    known = _BY_KIND[kind]
    names = given.split(",") if isinstance(given, str) else given
    if not names:
        return [(name, name) for name in known]
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
