"""XGBoost's objectives: what they predict, and how a margin becomes it.

https://xgboost.readthedocs.io/en/release_3.2.0/parameter.html#learning-task-parameters"""

from dataclasses import dataclass
from typing import Literal

# How the margin becomes the prediction.
Link = Literal["identity", "logistic", "softmax", "exp", "sign"]
# How base_score becomes the margin's start.
BaseScore = Literal["margin", "probability", "rate"]


@dataclass(frozen=True)
class Objective:
    """`classes`: 2 for two, 0 for as many as the label has, None for numbers. `probabilities`: whether it gives them."""

    link: Link
    base_score: BaseScore
    classes: int | None = None
    probabilities: bool = False


_MARGIN = Objective("identity", "margin")
_RATE = Objective("exp", "rate")

OBJECTIVES: dict[str, Objective] = {
    "reg:squarederror": _MARGIN,
    "reg:squaredlogerror": _MARGIN,
    "reg:pseudohubererror": _MARGIN,
    "reg:absoluteerror": _MARGIN,
    "reg:quantileerror": _MARGIN,
    "reg:logistic": Objective("logistic", "probability"),
    "reg:gamma": _RATE,
    "reg:tweedie": _RATE,
    "count:poisson": _RATE,
    "survival:cox": _RATE,
    "survival:aft": _RATE,
    "rank:pairwise": _MARGIN,
    "rank:ndcg": _MARGIN,
    "rank:map": _MARGIN,
    "binary:logistic": Objective("logistic", "probability", 2, True),
    "binary:logitraw": Objective("identity", "margin", 2),
    "binary:hinge": Objective("sign", "margin", 2),
    "multi:softmax": Objective("softmax", "margin", 0, True),
    "multi:softprob": Objective("softmax", "margin", 0, True),
}

# Old names, which SQLFlow's examples use.
RENAMED = {"reg:linear": "reg:squarederror"}
