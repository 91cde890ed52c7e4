"""Reads the attributes of a statement by name and type. What nobody has read is unknown."""

from collections.abc import Sequence
from typing import Any

from .mistakes import Mistake, meant, quoted


class Attributes:
    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values
        self._known: set[str] = set()

    def _take(self, names: Sequence[str]) -> tuple[str, Any] | None:
        self._known.update(names)
        given = [name for name in names if self._values.get(name) is not None]
        if len(given) > 1:
            raise Mistake("TRAIN_ATTRIBUTE_TWICE", f"{given[0]} and {given[1]} mean the same", f"remove {given[1]}")
        return (given[0], self._values[given[0]]) if given else None

    def integer(self, *names: str, default: int, least: int = 1, most: int = 2**31 - 1) -> int:
        found = self._take(names)
        if found is None:
            return default
        name, value = found
        if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value) or not least <= value <= most:
            raise _wrong(name, value, f"a whole number from {least} to {most}")
        return int(value)

    def number(self, *names: str, default: float, least: float = 0.0, most: float = 1e30, above: bool = False) -> float:
        """With `above`, the value `least` itself is rejected."""
        found = self._take(names)
        if found is None:
            return default
        name, value = found
        fits = isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most
        if not fits or (above and value == least):
            raise _wrong(name, value, f"a number {'above' if above else 'from'} {least:g}" + (f" to {most:g}" if most < 1e30 else ""))
        return float(value)

    def boolean(self, *names: str, default: bool) -> bool:
        found = self._take(names)
        if found is None:
            return default
        name, value = found
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if value in (0, 1):
            return bool(value)
        raise _wrong(name, value, "true or false")

    def text(self, *names: str, default: str | None = None) -> str | None:
        found = self._take(names)
        if found is None:
            return default
        name, value = found
        if not isinstance(value, str):
            raise _wrong(name, value, "text")
        return value

    def choice(self, *names: str, choices: Sequence[str], default: str) -> str:
        """One of `choices` in any case."""
        found = self._take(names)
        if found is None:
            return default
        name, value = found
        for choice in choices:
            if isinstance(value, str) and value.lower() == choice.lower():
                return choice
        hint = meant(str(value), choices, f"choose one of {', '.join(choices)}")
        raise Mistake("TRAIN_ATTRIBUTE_VALUE", f"{name} has an unknown value {quoted(str(value))}", hint)

    def integers(self, *names: str, default: Sequence[int], most: int) -> list[int]:
        found = self._take(names)
        if found is None:
            return list(default)
        name, value = found
        if not isinstance(value, list) or not all(_is_whole(each) and 1 <= each <= most for each in value):
            raise _wrong(name, value, f"a list of whole numbers from 1 to {most}")
        return [int(each) for each in value]

    def numbers_or(self, word: str, *names: str) -> list[float] | str | None:
        """A list of numbers from 0, or `word`."""
        found = self._take(names)
        if found is None:
            return None
        name, value = found
        if isinstance(value, str) and value.lower() == word:
            return word
        if isinstance(value, list) and value and all(isinstance(each, int | float) and 0 <= each < 1e30 for each in value):
            return [float(each) for each in value]
        raise _wrong(name, value, f"'{word}' or a list of numbers from 0")

    def rest(self, *, without: Sequence[str] = ()) -> dict[str, Any]:
        """What nobody has read, except names that begin with one of `without`. Counts as read."""
        left = {
            name: value
            for name, value in self._values.items()
            if name not in self._known and value is not None and not name.startswith(tuple(without))
        }
        self._known.update(left)
        return left

    def ignored(self, *names: str) -> list[str]:
        """The given ones of names that SQLFlow has and that have no effect here."""
        return [name for name in names if self._take([name]) is not None]

    def finish(self, estimator: str) -> None:
        """Raises for the first attribute that nobody has read."""
        for name in self._values:
            if name not in self._known:
                shown = sorted(each for each in self._known if "." in each)
                hint = meant(name, self._known, f"choose one of {', '.join(shown[:40])}")
                raise Mistake("TRAIN_ATTRIBUTE_UNKNOWN", f"{estimator} has no attribute {quoted(name)}", hint)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _wrong(name: str, value: object, wanted: str) -> Mistake:
    return Mistake("TRAIN_ATTRIBUTE_VALUE", f"{name} is {quoted(str(value))}, not {wanted}", f"set {name} to {wanted}")
