"""From a statement's attributes to XGBoost's parameters."""

from dataclasses import dataclass
from typing import Any

from ..attributes import Attributes
from ..mistakes import Mistake, meant, quoted
from .objectives import OBJECTIVES, RENAMED

# Name in lower case, after `xgboost.` -> booster, and its usual objective.
BOOSTERS: dict[str, tuple[str, str | None]] = {
    "gbtree": ("gbtree", None),
    "dart": ("dart", None),
    "gblinear": ("gblinear", None),
    "estimator": ("gbtree", None),
    "xgbclassifier": ("gbtree", "multi:softprob"),
    "xgbregressor": ("gbtree", "reg:squarederror"),
    "xgbranker": ("gbtree", "rank:ndcg"),
    "xgbrfclassifier": ("gbtree", "multi:softprob"),
    "xgbrfregressor": ("gbtree", "reg:squarederror"),
}
# Without an objective, two classes are learned by this one, as XGBoost's XGBClassifier does.
OF_TWO_CLASSES = "binary:logistic"
# As XGBoost's XGBRFClassifier sets them: https://xgboost.readthedocs.io/en/release_3.2.0/tutorials/rf.html
RANDOM_FOREST = {"learning_rate": 1.0, "subsample": 0.8, "colsample_bynode": 0.8, "reg_lambda": 1e-5}

# Known to XGBoost; which of them a booster reads is its own matter.
KNOWN = [
    "alpha",
    "base_score",
    "booster",
    "colsample_bylevel",
    "colsample_bynode",
    "colsample_bytree",
    "device",
    "disable_default_eval_metric",
    "eta",
    "eval_metric",
    "extmem_single_page",
    "feature_selector",
    "gamma",
    "grow_policy",
    "huber_slope",
    "interaction_constraints",
    "lambda",
    "lambdarank_bias_norm",
    "lambdarank_normalization",
    "lambdarank_num_pair_per_sample",
    "lambdarank_pair_method",
    "lambdarank_score_normalization",
    "lambdarank_unbiased",
    "learning_rate",
    "max_bin",
    "max_cached_hist_node",
    "max_cat_threshold",
    "max_cat_to_onehot",
    "max_delta_step",
    "max_depth",
    "max_leaves",
    "min_child_weight",
    "min_split_loss",
    "monotone_constraints",
    "ndcg_exp_gain",
    "normalize_type",
    "num_class",
    "num_parallel_tree",
    "objective",
    "one_drop",
    "process_type",
    "quantile_alpha",
    "rate_drop",
    "refresh_leaf",
    "reg_alpha",
    "reg_lambda",
    "sample_type",
    "sampling_method",
    "scale_pos_weight",
    "seed",
    "seed_per_iteration",
    "sketch_ratio",
    "skip_drop",
    "subsample",
    "top_k",
    "tree_method",
    "tweedie_variance_power",
    "updater",
    "aft_loss_distribution",
    "aft_loss_distribution_scale",
]
# What the trainer decides, or cannot export.
REFUSED = {
    "booster": "name the booster in the estimator: TO TRAIN xgboost.dart",
    "device": "use an image of your own with the package xgboost and a GPU",
    "process_type": "remove it; USING goes on with a model",
    "multi_strategy": "remove it: one tree for each output is grown",
    "nthread": "remove it; the number of threads is the step's number of processors",
    "n_jobs": "remove it; the number of threads is the step's number of processors",
    "verbosity": "remove it",
    "validate_parameters": "remove it; parameters are always checked",
    "base_margin": "remove it",
}
WITHOUT_EFFECT = ("train.batch_size", "train.epoch", "train.disk_cache", "train.num_workers", "train.verbose", "validation.steps")


@dataclass(frozen=True)
class Parameters:
    """`given` are XGBoost's own, as the statement has them. `chosen`: whether the objective is the statement's, not the usual one."""

    booster: str
    objective: str
    chosen: bool
    given: dict[str, Any]
    rounds: int
    patience: int
    classes: int | None
    class_weights: list[float] | str | None
    weight_column: str | None


def read_parameters(estimator: str, attributes: Attributes) -> Parameters:
    key = estimator.split(".", 1)[1].lower()
    booster, usual = BOOSTERS[key]
    objective = _objective(estimator, attributes, usual)
    forest = key.startswith("xgbrf")
    classifies = OBJECTIVES[objective].classes is not None
    read = Parameters(
        booster=booster,
        objective=objective,
        chosen=attributes.text("objective", "train.objective") is not None,
        given={},
        rounds=attributes.integer("train.num_boost_round", "num_boost_round", default=1 if forest else 10, most=100_000),
        patience=attributes.integer("train.early_stopping_rounds", "early_stopping_rounds", default=0, least=0),
        classes=attributes.integer("num_class", "model.n_classes", default=0, least=2, most=100_000) or None if classifies else None,
        class_weights=attributes.numbers_or("balanced", "model.class_weights", "train.class_weights") if classifies else None,
        weight_column=attributes.text("model.weight_column", "train.weight_column"),
    )
    if not classifies:
        attributes.integer("num_class", default=1, least=1, most=1)
    trees = attributes.integer("model.tree_num", default=100) if forest else None
    attributes.ignored(*WITHOUT_EFFECT)
    for name in REFUSED:
        if attributes.ignored(name):
            raise Mistake("TRAIN_PARAMETER_REFUSED", f"{name} cannot be set", REFUSED[name])
    given = {
        name: _plain(name, value) for name, value in attributes.rest(without=("model.", "train.", "validation.", "optimizer.")).items()
    }
    if trees is not None:
        given = {**RANDOM_FOREST, "num_parallel_tree": trees, **given}
    if read.patience > 0 and booster == "gblinear":
        raise Mistake("TRAIN_PARAMETER_REFUSED", "gblinear cannot go back to its best round", "remove train.early_stopping_rounds")
    return Parameters(**{**read.__dict__, "given": given})


def _objective(estimator: str, attributes: Attributes, usual: str | None) -> str:
    given = attributes.text("objective", "train.objective", default=usual)
    if given is None:
        hint = "set objective = 'reg:squarederror' for numbers, 'binary:logistic' for two classes or 'multi:softprob' for more"
        raise Mistake("TRAIN_OBJECTIVE_MISSING", f"{estimator} has no objective", hint)
    objective = RENAMED.get(given, given)
    if objective not in OBJECTIVES:
        hint = meant(given, OBJECTIVES, f"choose one of {', '.join(OBJECTIVES)}")
        raise Mistake("TRAIN_OBJECTIVE_UNKNOWN", f"XGBoost has no objective {quoted(given)}", hint)
    return objective


def _plain(name: str, value: Any) -> Any:
    """Numbers and texts as they are; a list of numbers or texts too. XGBoost reads nothing else."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float | str):
        return value
    if isinstance(value, list) and all(isinstance(each, int | float | str) for each in value):
        return value
    raise Mistake("TRAIN_ATTRIBUTE_VALUE", f"{name} is neither a number nor a text nor a list of them", f"set {name} to one")


def unknown(name: str, estimator: str) -> Mistake:
    known = [*KNOWN, "train.num_boost_round", "train.early_stopping_rounds"]
    hint = meant(name, known, "XGBoost's parameters are at https://xgboost.readthedocs.io/en/release_3.2.0/parameter.html")
    if name in KNOWN:
        hint = "remove it, or choose the booster or objective that has it"
    return Mistake("TRAIN_PARAMETER_UNKNOWN", f"{estimator} has no parameter {quoted(name)}", hint)
