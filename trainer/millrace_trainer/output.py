"""out/: appears by one rename, or not at all."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def remove_partial(folder: Path) -> None:
    """Deletes what an ended run has left."""
    shutil.rmtree(folder / "out.partial", ignore_errors=True)


@contextmanager
def output_folder(folder: Path, name: str = "out") -> Iterator[Path]:
    """A folder that becomes `name` if the body succeeds, and is deleted otherwise."""
    partial = folder / f"{name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        yield partial
        for file in [*partial.iterdir(), partial]:
            _sync(file)
        os.rename(partial, folder / name)
        _sync(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, allow_nan=False, ensure_ascii=False) + "\n", encoding="utf-8")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
