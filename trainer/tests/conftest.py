"""A job's folder, and its run in this process or as a program of its own."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Before numpy is imported, as the program does.
from millrace_trainer.processor import fix_arithmetic

fix_arithmetic()

import numpy as np  # noqa: E402
import pytest  # noqa: E402

from millrace_trainer.job import read_job  # noqa: E402
from millrace_trainer.messages import Messages  # noqa: E402
from millrace_trainer.model_file import ModelFile, open_session, read_model, run_session  # noqa: E402
from millrace_trainer.program import _task  # noqa: E402
from millrace_trainer.table import Table, read_table, write_table  # noqa: E402

Columns = dict[str, Any]
PACKAGE = Path(__file__).parent.parent


@dataclass
class Folder:
    path: Path

    def rows(self, columns: Columns, part: str = "train") -> "Folder":
        folder = self.path / "data" / part
        folder.mkdir(parents=True, exist_ok=True)
        write_columns(folder, columns)
        return self

    def job(self, **fields: Any) -> "Folder":
        job = {"version": 1, "task": "train", "attributes": {}, "features": None, "label": "y", "seed": 1, "threads": 1, "from": None}
        (self.path / "job.json").write_text(json.dumps({**job, **fields}))
        return self

    def run(self) -> list[dict[str, Any]]:
        """In this process; returns the lines. Mistakes and defects are raised."""
        stream = io.StringIO()
        job = read_job(self.path)
        _task(job)(self.path, job, Messages(stream))
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    def start(self, *arguments: str, **options: Any) -> "subprocess.Popen[str]":
        """As a program, in its own environment: PATH only."""
        command = [sys.executable, "-m", "millrace_trainer", str(self.path), *arguments]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PACKAGE)}
        return subprocess.Popen(command, text=True, env=environment, cwd="/", **{**pipes, **options})

    def program(self) -> tuple[int, list[dict[str, Any]]]:
        """As a program, to its end."""
        process = self.start()
        out, _ = process.communicate(timeout=120)
        return process.returncode, [json.loads(line) for line in out.splitlines()]

    @property
    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.path / "out" / "report.json").read_text())
        return found

    @property
    def model(self) -> ModelFile:
        return read_model(self.path / "out" / "model.onnx")

    def table(self, part: str = "data/train") -> Table:
        return read_table(self.path / part)

    def predict(self, table: Table | None = None) -> dict[str, Any]:
        """The outputs of the exported file in onnxruntime."""
        data = (self.path / "out" / "model.onnx").read_bytes()
        return run_session(open_session(data), self.model.inputs, table or self.table())


def write_columns(folder: Path, columns: Columns) -> None:
    """Numbers with None for NULL, or texts with None for NULL."""
    described = []
    for name, values in columns.items():
        texts = any(isinstance(value, str) for value in values)
        kept: Sequence[Any] = [value if value is not None else "" for value in values] if texts else np.array(values, np.float64)
        described.append((name, kept))
    write_table(folder, described)
    description = json.loads((folder / "columns.json").read_text())
    for index, values in enumerate(columns.values()):
        if description["columns"][index]["kind"] == "text" and any(value is None for value in values):
            codes = np.load(folder / f"{index}.npy")
            codes[[value is None for value in values]] = -1
            np.save(folder / f"{index}.npy", codes)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def folders(tmp_path: Path) -> Any:
    """Makes further folders by name."""

    def make(name: str) -> Folder:
        path = tmp_path / name
        path.mkdir()
        return Folder(path)

    return make
