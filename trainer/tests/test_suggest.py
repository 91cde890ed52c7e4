"""Suggestions: a pure function of the trials so far."""

import json
from typing import Any

from conftest import Folder

from millrace_trainer.suggest import suggest

SPACE: dict[str, Any] = {
    "optimizer.learning_rate": {"domain": "loguniform", "low": 1e-5, "high": 0.1},
    "model.hidden_units": {"domain": "choice", "choices": [[64, 32], [16]]},
    "max_depth": {"domain": "int", "low": 2, "high": 8, "step": 2},
    "q": {"domain": "quniform", "low": 0, "high": 1, "step": 0.25},
    "lq": {"domain": "qloguniform", "low": 1, "high": 1000, "step": 10},
    "u": {"domain": "uniform", "low": -1, "high": 1},
}


def test_equal_trials_give_equal_suggestions_within_their_domains() -> None:
    trials: list[Any] = []
    for _ in range(14):
        asked = {"space": SPACE, "trials": trials, "sampler": "tpe", "seed": 3}
        (found,) = suggest(asked)
        assert suggest(asked) == [found]
        assert 1e-5 <= found["optimizer.learning_rate"] <= 0.1
        assert found["model.hidden_units"] in ([64, 32], [16])
        assert found["max_depth"] in (2, 4, 6, 8)
        assert found["q"] * 4 == round(found["q"] * 4)
        assert found["lq"] % 10 == 0 or found["lq"] in (1, 1000)
        trials.append({"parameters": found, "loss": found["u"] ** 2})
    assert len({json.dumps(trial["parameters"]) for trial in trials}) == 14


def test_several_at_once_and_running_trials() -> None:
    found = suggest({"space": {"u": SPACE["u"]}, "trials": [{"parameters": {"u": 0.5}, "loss": None}], "sampler": "random", "count": 3})
    assert len({each["u"] for each in found}) == 3


def test_tpe_looks_near_the_best() -> None:
    trials: list[Any] = []
    for _ in range(30):
        (found,) = suggest({"space": {"u": SPACE["u"]}, "trials": trials, "seed": 1})
        trials.append({"parameters": found, "loss": (found["u"] - 0.7) ** 2})
    assert min(trial["loss"] for trial in trials) < 0.001


def test_as_a_task(folder: Folder) -> None:
    folder.job(task="suggest", space=SPACE, trials=[], label=None).run()
    assert set(json.loads((folder.path / "out" / "suggestions.json").read_text())[0]) == set(SPACE)
