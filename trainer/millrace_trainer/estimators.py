"""Every estimator by name: ours, and those that packages in a user's image add.

A package adds one by an entry point of the group `millrace.estimators`, whose function is given a `Training` and returns a `Result`."""

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import cast

from .boosting.parameters import BOOSTERS
from .mistakes import Mistake, meant, quoted
from .network.estimator import NETWORKS
from .training import Result, Training

OTHERS = ("KMeans", "LogisticRegression")
GROUP = "millrace.estimators"
ALL = [*NETWORKS, *OTHERS, *(f"xgboost.{name}" for name in BOOSTERS)]


def find_estimator(name: str) -> str:
    """The canonical name of an estimator, which a statement may write in any case and with SQLFlow's package."""
    key = name.lower().removeprefix("sqlflow_models.")
    known = [*ALL, *entry_points(group=GROUP).names]
    for each in known:
        if each.lower() == key:
            return each
    others = f"choose one of {', '.join(known)}, or an image of your own"
    raise Mistake("TRAIN_ESTIMATOR_UNKNOWN", f"unknown estimator {quoted(name)}", meant(key, known, others))


def is_ours(name: str) -> bool:
    """Whether an estimator is one of this package. An unknown one is not."""
    return name.lower().removeprefix("sqlflow_models.") in {each.lower() for each in ALL}


def trainer_of(estimator: str) -> Callable[[Training], Result]:
    # Imported when needed: each library takes a part of a second to load.
    if estimator in NETWORKS:
        from .network.estimator import train_network

        return train_network
    if estimator.startswith("xgboost."):
        from .boosting.estimator import train_booster

        return train_booster
    if estimator == "KMeans":
        from .classical.kmeans import train_kmeans

        return train_kmeans
    if estimator == "LogisticRegression":
        from .classical.logistic import train_logistic

        return train_logistic
    (found,) = entry_points(group=GROUP, name=estimator)
    return cast(Callable[[Training], Result], found.load())
