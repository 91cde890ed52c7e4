"""Model hopping: a resident trainer does units (model, epoch, shard), each from checkpoint to checkpoint.

TypeScript claims units, renews leases and commits; this side knows no database."""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, TextIO

import numpy as np

from .fit import Fit, fit_from_json, fit_to_json
from .job import Job
from .labels import known_classes, labelled
from .messages import Messages, finite
from .metrics import metric_names
from .mistakes import Defect, Mistake, quoted
from .network.configuration import Configuration
from .network.estimator import NETWORKS, check_loss, configure, fit_of, restore
from .network.learning import Examples, loss_of, make_examples, seeded, train_unit
from .network.model import NetworkModel, state_of
from .network.network import Network, new_network
from .output import output_folder, write_json
from .suggest import suggest
from .table import Table, read_table, write_part
from .train import make_training, measure_rows, write_model
from .training import Result, Training

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
# A line longer than this is not one of TypeScript's.
LONGEST_LINE = 16 * 1024 * 1024


def run_fit(folder: Path, job: Job, messages: Messages) -> dict[str, Any]:
    """The task `fit`: what all shards and models share, learned once from all rows. With `shards`, these are written too."""
    training, _ = make_training(folder, job, messages)
    if training.estimator not in NETWORKS:
        raise _cannot_hop(training.estimator)
    configuration = configure(training)
    training.attributes.finish(training.estimator)
    table = labelled(training.table, training.label)
    fit = fit_of(training, configuration, table, table.name_of(training.label or ""))
    with output_folder(folder) as out:
        write_json(out / "fit.json", fit_to_json(fit))
        _write_shards(out / "data", table, int(job.settings.get("shards", 0)), job.seed)
    return {"rows": table.rows, "features": [feature.text for feature in fit.features], "data_sha256": training.table.digest}


def _write_shards(folder: Path, table: Table, shards: int, seed: int) -> None:
    """Parts of nearly one size, drawn at random: a table is often sorted."""
    if shards == 0:
        return
    if table.rows < shards:
        raise Mistake("TRAIN_NO_ROWS", f"{table.rows} rows with a label cannot be split into {shards} shards", "set exec.shards lower")
    order = seeded(seed, shards).permutation(table.rows)
    for shard, rows in enumerate(np.array_split(order, shards)):
        part = folder / f"shard{shard}"
        part.mkdir(parents=True)
        write_part(part, table, np.sort(rows))


def _cannot_hop(estimator: str) -> Mistake:
    return Mistake("TRAIN_CANNOT_HOP", f"{estimator} does not learn in steps", "its trials run whole, side by side: exec.mode = 'task'")


@dataclass
class Resident:
    """Keeps shards in memory from unit to unit."""

    folder: Path
    job: Job
    messages: Messages
    fit: Fit
    keeps_rows: bool = True
    seconds: dict[str, float] = field(default_factory=dict)
    shards: dict[tuple[str, str | None], tuple[Table, Examples]] = field(default_factory=dict)

    def answer(self, line: str) -> None:
        asked = json.loads(line)
        kind, body = next(iter(asked.items()))
        handler = {"unit": self._unit, "measure": self._measure, "export": self._export, "suggest": self._suggest}.get(kind)
        if handler is None or not isinstance(body, dict):
            raise Defect(f"unknown line {kind}")
        try:
            self.messages.send("done", id=body.get("id"), **handler(body))
        except Mistake as mistake:
            self.messages.error(mistake, id=body.get("id"))

    def _unit(self, body: dict[str, Any]) -> dict[str, Any]:
        """Trains a model on a whole shard. The result depends on the checkpoint, the unit and the seed alone."""
        model, epoch, shard = (_count(body, name) for name in ("model", "epoch", "shard"))
        self.seconds = dict.fromkeys(("rows", "load", "hash", "save"), 0.0)
        configuration = self._configuration(body)
        network, before = self._network(body, configuration, body.get("from"), model)
        _, examples = self._shard(str(shard), configuration)
        loss = train_unit(network, self.fit, examples, self.job.seed, model, epoch, shard)
        check_loss(loss)
        with self._timed("save"):
            state = state_of(network, epoch + 1)
        after = self._write(body["to"], state)
        return {
            "from_sha256": before,
            "to_sha256": after,
            "loss": loss,
            "rows": len(examples),
            "steps": network.steps,
            "seconds": self.seconds,
        }

    def _measure(self, body: dict[str, Any]) -> dict[str, Any]:
        """The loss and the metrics of a checkpoint on the validation rows."""
        configuration = self._configuration(body)
        network, digest = self._network(body, configuration, body["checkpoint"], 0)
        table, examples = self._shard("validation", configuration)
        model = NetworkModel(network, self.fit, 0)
        measured = measure_rows(model, table, self.job.label, metric_names(self.job.attributes.get("validation.metrics"), model.kind))
        return {"sha256": digest, "valid_loss": loss_of(network, self.fit, examples), "metrics": finite(measured), "rows": table.rows}

    def _export(self, body: dict[str, Any]) -> dict[str, Any]:
        """Makes a model file of a checkpoint, gated and measured on all rows, or on those at hand."""
        configuration = self._configuration(body)
        network, _ = self._network(body, configuration, body["checkpoint"], 0)
        rows = "train" if self._path("train").is_dir() else str(body.get("shard", 0))
        table, _ = self._shard(rows, configuration)
        validation = self._shard("validation", configuration)[0] if self._path("validation").is_dir() else None
        training, metrics = self._training(body, table)
        model = NetworkModel(network, self.fit, int(body.get("epochs", 0)))
        extra = {"shift": self.fit.shift, "factor": self.fit.factor}
        return write_model(self.folder, training, Result(model, [], None, table, validation, extra), metrics)

    def _suggest(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"suggestions": suggest(body)}

    def _configuration(self, body: dict[str, Any]) -> Configuration:
        training, _ = self._training(body, Table(0, {}, ""))
        configuration = configure(training)
        training.attributes.finish(training.estimator)
        return configuration

    def _training(self, body: dict[str, Any], table: Table) -> tuple[Training, str | None]:
        attributes = {**self.job.attributes, **body.get("attributes", {})}
        job = Job(**{**self.job.__dict__, "attributes": attributes})
        return make_training(self.folder, job, self.messages, table)

    def _network(self, body: dict[str, Any], configuration: Configuration, start: str | None, model: int) -> tuple[Network, str | None]:
        network = new_network(configuration, self.fit.features, self.fit.outputs, seeded(self.job.seed, model))
        if start is None:
            return network, None
        with self._timed("load"):
            data = self._checkpoint(start).read_bytes()
        digest = self._digest(data)
        if body.get("from_sha256") not in (None, digest):
            raise Defect(f"checkpoint {start} is not the one that was committed")
        with self._timed("load"):
            restore(network, data)
        return network, digest

    def _shard(self, name: str, configuration: Configuration) -> tuple[Table, Examples]:
        key = (name, configuration.weight_column)
        if key in self.shards:
            return self.shards[key]
        with self._timed("rows"):
            table = labelled(read_table(self._path(name)), self.job.label)
            label = table.name_of(self.job.label or "")
            if self.fit.classes is not None:
                table = labelled(known_classes(table, label, self.fit.classes), label)
            shard = table, make_examples(self.fit, configuration, table, label)
        if self.keeps_rows:
            self.shards[key] = shard
        return shard

    def _path(self, name: str) -> Path:
        return self.folder / "data" / (name if name in ("train", "validation") else f"shard{_count({'shard': int(name)}, 'shard')}")

    def _checkpoint(self, name: Any) -> Path:
        if not isinstance(name, str) or _NAME.fullmatch(name) is None:
            raise Defect(f"a checkpoint's name is {quoted(str(name))}")
        return self.folder / "checkpoints" / name

    def _write(self, name: Any, data: bytes) -> str:
        """The file appears whole: written, synced, renamed."""
        path = self._checkpoint(name)
        partial = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        with self._timed("save"), partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.rename(partial, path)
        return self._digest(data)

    def _digest(self, data: bytes) -> str:
        with self._timed("hash"):
            return hashlib.sha256(data).hexdigest()

    @contextmanager
    def _timed(self, part: str) -> Iterator[None]:
        """Adds to the seconds of a part of the unit. No result depends on them."""
        started = perf_counter()
        yield
        self.seconds[part] = self.seconds.get(part, 0.0) + perf_counter() - started


def _count(body: dict[str, Any], name: str) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        raise Defect(f"{name} is not a count")
    return value


def run_resident(folder: Path, job: Job, messages: Messages, lines: TextIO) -> None:
    """Answers each line until the input ends."""
    (folder / "checkpoints").mkdir(exist_ok=True)
    fit = fit_from_json(json.loads((folder / "fit.json").read_text(encoding="utf-8")))
    resident = Resident(folder, job, messages, fit, keeps_rows=job.settings.get("cache", True) is not False)
    messages.send("ready")
    while line := lines.readline(LONGEST_LINE):
        resident.answer(line)
