"""Prints which attributes the trainer's estimators read, with their types and ranges, as JSON."""

import json
import sys
from typing import Any

from millrace_trainer.attributes import Attributes
from millrace_trainer.boosting.objectives import OBJECTIVES, RENAMED
from millrace_trainer.boosting.parameters import KNOWN, REFUSED, read_parameters
from millrace_trainer.classical.kmeans import train_kmeans
from millrace_trainer.classical.logistic import train_logistic
from millrace_trainer.estimators import ALL
from millrace_trainer.features.resolve import _FUNCTIONS, MOST_CATEGORIES, SEPARATORS
from millrace_trainer.metrics import _BY_KIND, _SYNONYMS
from millrace_trainer.mistakes import Mistake
from millrace_trainer.network.configuration import read_configuration
from millrace_trainer.network.estimator import NETWORKS
from millrace_trainer.network.optimizers import OPTIMIZERS


class Stop(Exception):
    pass


class Recorder(Attributes):
    """Notes what is asked for. Nothing is given but what the test needs to get further."""

    def __init__(self, given: dict[str, Any]) -> None:
        super().__init__(given)
        self.read: dict[str, list[Any]] = {}

    def _note(self, names: tuple[str, ...], *form: Any) -> None:
        for name in names:
            self.read[name] = list(form)

    def integer(self, *names: str, default: int, least: int = 1, most: int = 2**31 - 1) -> int:
        self._note(names, "integer", least, most)
        return super().integer(*names, default=default, least=least, most=most)

    def number(self, *names: str, default: float, least: float = 0.0, most: float = 1e30, above: bool = False) -> float:
        self._note(names, "number", least, most, above)
        return super().number(*names, default=default, least=least, most=most, above=above)

    def boolean(self, *names: str, default: bool) -> bool:
        self._note(names, "boolean")
        return super().boolean(*names, default=default)

    def text(self, *names: str, default: str | None = None) -> str | None:
        self._note(names, "text")
        return super().text(*names, default=default)

    def choice(self, *names: str, choices: Any, default: str) -> str:
        self._note(names, "choice", *choices)
        return super().choice(*names, choices=choices, default=default)

    def integers(self, *names: str, default: Any, most: int) -> list[int]:
        self._note(names, "integers", most)
        return super().integers(*names, default=default, most=most)

    def numbers_or(self, word: str, *names: str) -> Any:
        self._note(names, "weights", word)
        return super().numbers_or(word, *names)

    def ignored(self, *names: str) -> list[str]:
        self._note(names, "ignored")
        return super().ignored(*names)

    def finish(self, estimator: str) -> None:
        raise Stop


class Quiet:
    def warning(self, *_: Any) -> None:
        pass


class Asked:
    """A training of which only the attributes are read."""

    def __init__(self, attributes: Recorder) -> None:
        self.attributes = attributes
        self.messages = Quiet()
        self.estimator = ""


def attributes_of(estimator: str, given: dict[str, Any]) -> dict[str, list[Any]]:
    recorder = Recorder(given)
    try:
        if estimator in NETWORKS:
            towers, classifies = NETWORKS[estimator]
            read_configuration(recorder, towers, classifies)
            from millrace_trainer.network.configuration import WITHOUT_EFFECT

            recorder.ignored(*WITHOUT_EFFECT)
        elif estimator == "KMeans":
            train_kmeans(Asked(recorder))  # type: ignore[arg-type]
        elif estimator == "LogisticRegression":
            train_logistic(Asked(recorder))  # type: ignore[arg-type]
        else:
            read_parameters(estimator, recorder)
    except Stop:
        pass
    return {name: form for name, form in recorder.read.items() if name not in REFUSED}


def takes(estimator: str, parameters: dict[str, Any]) -> dict[str, bool]:
    """Which parameters XGBoost takes, by the round on two rows that finds unknown ones."""
    from millrace_trainer.boosting.estimator import _check_names

    found = {}
    for name, value in parameters.items():
        objective = value[1] if isinstance(value, list) else "reg:squarederror"
        try:
            given = {"objective": objective, name: value[0] if isinstance(value, list) else value}
            _check_names(estimator, read_parameters(estimator, Attributes(given)))
            found[name] = True
        except Mistake as mistake:
            found[name] = mistake.code != "TRAIN_PARAMETER_UNKNOWN"
    return found


asked = json.loads(sys.stdin.read())
print(
    json.dumps(
        {
            "estimators": list(ALL),
            "attributes": [attributes_of(estimator, given) for estimator, given in asked["attributes"]],
            "takes": {estimator: takes(estimator, parameters) for estimator, parameters in asked["takes"].items()},
            "parameters": KNOWN,
            "refused": list(REFUSED),
            "objectives": {name: objective.classes for name, objective in OBJECTIVES.items()},
            "renamed": RENAMED,
            "optimizers": {name: {key: list(value[1:]) for key, value in others.items()} for name, (_, _, others) in OPTIMIZERS.items()},
            "functions": {name: [least, most, form] for name, (_, least, most, form) in _FUNCTIONS.items()},
            "separators": list(SEPARATORS),
            "categories": MOST_CATEGORIES,
            "metrics": {kind: list(found) for kind, found in _BY_KIND.items()},
            "synonyms": _SYNONYMS,
        }
    )
)
