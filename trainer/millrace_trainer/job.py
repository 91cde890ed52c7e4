"""job.json: what to do, with which estimator, features and label."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from .mistakes import Defect

VERSION = 1
LARGEST = 64 * 1024 * 1024

Task = Literal["train", "evaluate", "explain", "fit", "hop", "suggest"]


@dataclass(frozen=True)
class Job:
    task: Task
    estimator: str | None
    attributes: dict[str, Any]
    features: list[Any] | None
    label: str | None
    seed: int
    threads: int
    start: str | None
    settings: dict[str, Any]


def read_job(folder: Path) -> Job:
    """Raises `Defect` for a job that does not keep the contract: TypeScript writes it, not a user."""
    path = folder / "job.json"
    if path.stat().st_size > LARGEST:
        raise Defect(f"job.json has more than {LARGEST} bytes")
    job = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(job, dict) or job.get("version") != VERSION:
        raise Defect(f"job.json is not of version {VERSION}")
    known = {"version", "task", "estimator", "attributes", "features", "label", "seed", "threads", "from"}
    read = Job(
        task=job.get("task", ""),
        estimator=job.get("estimator"),
        attributes=job.get("attributes", {}),
        features=job.get("features"),
        label=job.get("label"),
        seed=job.get("seed", 1),
        threads=job.get("threads", 1),
        start=job.get("from"),
        settings={name: value for name, value in job.items() if name not in known},
    )
    _check(read)
    return read


def _check(job: Job) -> None:
    checks = {
        "task": job.task in get_args(Task),
        "estimator": job.estimator is None or isinstance(job.estimator, str),
        "attributes": isinstance(job.attributes, dict),
        "features": job.features is None or isinstance(job.features, list),
        "label": job.label is None or isinstance(job.label, str),
        "seed": _is_count(job.seed) and job.seed < 2**31,
        "threads": _is_count(job.threads) and 1 <= job.threads <= 1024,
        "from": job.start in (None, "model.onnx"),
    }
    wrong = [name for name, right in checks.items() if not right]
    if wrong:
        raise Defect(f"job.json: {wrong[0]} is not valid")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
