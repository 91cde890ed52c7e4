"""Suggests the next trial's parameters: a pure function of the trials so far.

TypeScript owns the table of trials. Each call builds optuna's study from it in memory."""

import math
from pathlib import Path
from typing import Any

from .job import Job
from .messages import Messages
from .mistakes import Defect
from .output import output_folder, write_json

SAMPLERS = ("tpe", "random")


def run_suggest(folder: Path, job: Job, messages: Messages) -> dict[str, Any]:
    found = suggest({**job.settings, "seed": job.seed})
    with output_folder(folder) as out:
        write_json(out / "suggestions.json", found)
    return {"suggestions": found}


def suggest(asked: dict[str, Any]) -> list[dict[str, Any]]:
    """`asked`: `space` (name -> domain), `trials` (`parameters`, `loss` or null while it runs), `sampler`, `seed`, `count`.

    A trial that runs counts with the worst loss so far, so that the next one is looked for elsewhere.
    Equal input gives equal suggestions."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    space = asked.get("space")
    if not isinstance(space, dict) or not space or asked.get("sampler", "tpe") not in SAMPLERS:
        raise Defect("a suggestion needs a space and a sampler")
    trials, found = list(asked.get("trials", [])), []
    seed = int(asked.get("seed", 1))
    for _ in range(int(asked.get("count", 1))):
        # The number of trials so far is part of the seed: otherwise two suggestions in a row of a random search would be equal.
        parameters = _next(optuna, asked.get("sampler", "tpe"), (seed * 1_000_003 + len(trials)) % 2**32, space, trials)
        found.append(parameters)
        trials.append({"parameters": parameters, "loss": None})
    return found


def _next(optuna: Any, sampler: str, seed: int, space: dict[str, Any], trials: list[Any]) -> dict[str, Any]:
    samplers = optuna.samplers
    chosen = samplers.RandomSampler(seed=seed) if sampler == "random" else samplers.TPESampler(seed=seed)
    study = optuna.create_study(direction="minimize", sampler=chosen)
    distributions = {name: _distribution(domain) for name, domain in sorted(space.items())}
    losses = [float(trial["loss"]) for trial in trials if trial["loss"] is not None and math.isfinite(trial["loss"])]
    worst = max(losses, default=0.0)
    for trial in trials:
        loss = trial["loss"]
        value = float(loss) if loss is not None and math.isfinite(loss) else worst
        params = {name: _place(space[name], trial["parameters"][name]) for name in distributions}
        study.add_trial(optuna.trial.create_trial(params=params, distributions=distributions, value=value))
    return {name: _value(space[name], found) for name, found in study.ask(distributions).params.items()}


def _distribution(domain: dict[str, Any]) -> Any:
    """CHOICE, INT, UNIFORM, LOGUNIFORM, QUNIFORM, QLOGUNIFORM as {"domain": …, "choices" | "low", "high", "step"}."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    kind = domain.get("domain")
    if kind == "choice":
        return CategoricalDistribution(tuple(range(len(domain["choices"]))))
    low, high, step = domain["low"], domain["high"], domain.get("step") or 1
    if kind == "int":
        return IntDistribution(int(low), int(high), step=int(step))
    if kind == "quniform":
        return FloatDistribution(float(low), float(high), step=float(step))
    if kind in ("uniform", "loguniform", "qloguniform"):
        return FloatDistribution(float(low), float(high), log=kind != "uniform")
    raise Defect(f"unknown domain {kind}")


def _place(domain: dict[str, Any], value: Any) -> Any:
    """What optuna knows a value as: the place of a choice, as it knows no lists."""
    return domain["choices"].index(value) if domain["domain"] == "choice" else value


def _value(domain: dict[str, Any], found: Any) -> Any:
    if domain["domain"] == "choice":
        return domain["choices"][found]
    if domain["domain"] == "qloguniform":
        step = float(domain.get("step") or 1)
        return min(max(round(found / step) * step, domain["low"]), domain["high"])
    return found
