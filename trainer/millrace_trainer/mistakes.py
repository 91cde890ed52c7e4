"""What can go wrong, by whose fault it is."""

from collections.abc import Iterable
from difflib import get_close_matches


class Mistake(Exception):
    """The user's mistake. Its message says what was found, its hint what to do."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


class Defect(Exception):
    """Our own defect, such as an exported model that differs from the trained one."""


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The one of `names` that was probably meant."""
    by_case = {each.lower(): each for each in names}
    found = get_close_matches(name.lower()[:200], by_case, n=1, cutoff=0.6)
    return by_case[found[0]] if found else None


def meant(name: str, names: Iterable[str], otherwise: str) -> str:
    """A hint: the nearest name, or `otherwise`."""
    found = nearest(name, names)
    return otherwise if found is None else f"did you mean '{found}'?"


def quoted(name: str) -> str:
    """A name from a table or statement, at a length and on a line that fit into a message."""
    shown = "".join(each if each.isprintable() else "�" for each in name[:80])
    return f"'{shown}{'…' if len(name) > 80 else ''}'"
