"""Every estimator by name."""

from collections.abc import Callable

from .boosting.parameters import BOOSTERS
from .mistakes import Mistake, meant, quoted
from .network.estimator import NETWORKS
from .training import Result, Training

OTHERS = ("KMeans", "LogisticRegression")
ALL = [*NETWORKS, *OTHERS, *(f"xgboost.{name}" for name in BOOSTERS)]


def find_estimator(name: str) -> str:
    """The canonical name of an estimator, which a statement may write in any case and with SQLFlow's package."""
    key = name.lower().removeprefix("sqlflow_models.")
    for known in ALL:
        if known.lower() == key:
            return known
    others = f"choose one of {', '.join(ALL)}, or an image of your own"
    raise Mistake("TRAIN_ESTIMATOR_UNKNOWN", f"unknown estimator {quoted(name)}", meant(key, ALL, others))


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
    from .classical.logistic import train_logistic

    return train_logistic
