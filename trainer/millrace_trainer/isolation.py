"""The trainer has no network: what it reads and writes are files of its folder.

Nothing of it opens a connection. This makes sure of it, whatever a library does: Python asks the hook before each of these calls.
Estimators of a user's image are the user's matter."""

import sys

from .mistakes import Defect

_REFUSED = frozenset(
    {"socket.bind", "socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.sendto"}
)


def close_network() -> None:
    """For the rest of this process."""
    sys.addaudithook(_refuse)


def _refuse(event: str, _arguments: object) -> None:
    if event in _REFUSED:
        raise Defect(f"{event} was refused, as the trainer has no network")
