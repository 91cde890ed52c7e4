"""Model hopping: any trainer, any order of models, killed or not: the state after a unit is the same to the bit."""

import io
import json
import random
import shutil
from typing import Any

import numpy as np
import pytest
from conftest import Folder
from datasets import cancer, iris

from millrace_trainer.fit import fit_from_json
from millrace_trainer.hop import Resident
from millrace_trainer.job import read_job
from millrace_trainer.messages import Messages
from millrace_trainer.mistakes import Defect, Mistake

MODELS: list[dict[str, Any]] = [
    {"model.hidden_units": [8], "model.optimizer": "Adam", "optimizer.learning_rate": 0.01, "train.batch_size": 16},
    {"model.hidden_units": [4, 4], "model.dropout": 0.2, "model.batch_norm": True},
    {"model.hidden_units": [], "model.optimizer": "Momentum", "train.batch_size": 64},
]
SHARDS, EPOCHS = 3, 2


class Trainer:
    """A resident trainer."""

    def __init__(self, folder: Folder) -> None:
        self.process = folder.start("--resident")
        assert self.read()["type"] == "ready"

    def read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def send(self, **line: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()

    def ask(self, **line: Any) -> dict[str, Any]:
        self.send(**line)
        return self.read()

    def end(self) -> int:
        self.process.communicate(timeout=60)
        return self.process.returncode

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=60)


def prepared(folders: Any, rows: Any) -> Folder:
    """The folder of a search: what all shards share, learned once, and the shards."""
    made: Folder = folders("search").rows(rows).job(task="fit", estimator="DNNClassifier")
    made.run()
    shutil.move(made.path / "out" / "fit.json", made.path / "fit.json")
    (made.path / "out").rmdir()
    for shard in range(SHARDS):
        made.rows({name: np.array(values)[shard::SHARDS].tolist() for name, values in rows.items()}, f"shard{shard}")
    made.rows({name: np.array(values)[::4].tolist() for name, values in rows.items()}, "validation")
    made.job(task="hop", estimator="DNNClassifier")
    return made


def unit(model: int, visit: int, start: str | None, to: str) -> dict[str, Any]:
    """The visits of a model, shard after shard, in an order of its own."""
    order = random.Random(model).sample(range(SHARDS), SHARDS)  # noqa: S311
    epoch, place = divmod(visit, SHARDS)
    names = {"from": start, "to": to}
    return {"id": f"{model}.{visit}", "model": model, "epoch": epoch, "shard": order[place], "attributes": MODELS[model], **names}


def sequential(trainer: Trainer) -> list[str]:
    """Digests of the final states, model after model."""
    digests = []
    for model in range(len(MODELS)):
        start, answer = None, {}
        for visit in range(SHARDS * EPOCHS):
            to = f"s{model}.{visit}"
            answer = trainer.ask(unit=unit(model, visit, start, to))
            start = to
        digests.append(answer["to_sha256"])
    return digests


def test_hopping_between_trainers_that_are_killed_equals_a_sequential_replay(folders: Any) -> None:
    folder = prepared(folders, cancer())
    trainers = [Trainer(folder), Trainer(folder)]
    expected = sequential(trainers[0])
    chance = random.Random(5)  # noqa: S311
    visits, starts, digests = [0] * len(MODELS), [None] * len(MODELS), [None] * len(MODELS)
    kills = 0
    while any(visit < SHARDS * EPOCHS for visit in visits):
        model = chance.choice([each for each, visit in enumerate(visits) if visit < SHARDS * EPOCHS])
        number = chance.randrange(2)
        line = {**unit(model, visits[model], starts[model], f"m{model}.{visits[model]}.{kills}"), "from_sha256": digests[model]}
        if kills < 3 and chance.random() < 0.3:
            # Killed inside the unit: its result is lost, and the unit is done again.
            trainers[number].send(unit=line)
            trainers[number].kill()
            trainers[number] = Trainer(folder)
            kills += 1
            continue
        answer = trainers[number].ask(unit=line)
        assert answer["from_sha256"] == digests[model]
        visits[model], starts[model], digests[model] = visits[model] + 1, line["to"], answer["to_sha256"]
    assert kills == 3
    assert digests == expected
    measured = trainers[0].ask(measure={"id": 1, "checkpoint": starts[0], "attributes": MODELS[0]})
    assert measured["sha256"] == expected[0]
    assert measured["metrics"]["accuracy"] > 0.9
    exported = trainers[0].ask(export={"id": 2, "checkpoint": starts[0], "attributes": MODELS[0], "epochs": EPOCHS})
    assert exported["type"] == "done"
    assert folder.report["export"]["difference"] <= 1e-5
    assert folder.report["metrics"]["validation"]["accuracy"] == measured["metrics"]["accuracy"]
    assert [trainer.end() for trainer in trainers] == [0, 0]


def test_the_rows_of_a_search_are_split_at_random_into_shards_of_one_size(folders: Any) -> None:
    rows = {"x": list(range(101)), "c": [f"text {row}" if row % 7 else None for row in range(101)], "y": [row % 2 for row in range(101)]}

    def shards(name: str) -> list[dict[int, Any]]:
        made: Folder = (
            folders(name).rows({**rows, "y": [None, *rows["y"][1:]]}).job(task="fit", estimator="DNNClassifier", shards=3, features=["x"])
        )
        made.run()
        parts = [made.table(f"out/data/shard{shard}") for shard in range(3)]
        return [dict(zip(part.numbers("x").values.astype(int).tolist(), part.texts("c").texts().tolist(), strict=True)) for part in parts]

    found = shards("once")
    assert sorted(len(part) for part in found) == [33, 33, 34]
    assert {row: text for part in found for row, text in part.items()} == {row: rows["c"][row] or "" for row in range(1, 101)}
    assert all(max(part) - min(part) > 50 for part in found)
    assert shards("again") == found


def test_a_wrong_unit_is_answered_and_the_trainer_stays(folders: Any) -> None:
    folder = prepared(folders, iris())
    trainer = Trainer(folder)
    wrong = {**unit(0, 0, None, "a"), "attributes": {"model.hiden_units": [4]}}
    answer = trainer.ask(unit=wrong)
    assert (answer["type"], answer["id"], answer["code"]) == ("error", "0.0", "TRAIN_ATTRIBUTE_UNKNOWN")
    assert trainer.ask(unit=unit(0, 0, None, "a"))["type"] == "done"
    suggested = trainer.ask(suggest={"id": 3, "space": {"x": {"domain": "uniform", "low": 0, "high": 1}}, "trials": [], "seed": 4})
    assert 0 <= suggested["suggestions"][0]["x"] <= 1
    assert trainer.end() == 0


def test_a_checkpoint_cannot_be_outside_of_its_folder(folders: Any) -> None:
    folder = prepared(folders, {name: values[::10] for name, values in iris().items()})
    trainer = Trainer(folder)
    answer = trainer.ask(unit=unit(0, 0, None, "../../outside"))
    assert (answer["type"], answer["code"]) == ("error", "TRAIN_DEFECT")
    assert trainer.end() == 70
    resident = Resident(
        folder.path, read_job(folder.path), Messages(io.StringIO()), fit_from_json(json.loads((folder.path / "fit.json").read_text()))
    )
    for name in ("/etc/passwd", ".hidden", "a/b", "", "..", "a\n", None, 7):
        with pytest.raises(Defect):
            resident.answer(json.dumps({"unit": unit(0, 0, None, name)}))  # type: ignore[arg-type]
    assert list((folder.path / "checkpoints").iterdir()) == []


def test_trees_do_not_hop(folder: Folder) -> None:
    with pytest.raises(Mistake, match="does not learn in steps"):
        folder.rows(iris()).job(task="fit", estimator="xgboost.gbtree", attributes={"objective": "multi:softmax"}).run()
