"""The program: its exit codes, its lines, and that out/ appears whole or not at all."""

import hashlib
import json
import signal
import time
from typing import Any

from conftest import Folder
from datasets import iris

TREES = {"objective": "multi:softprob", "train.num_boost_round": 5}


def files(folder: Folder) -> dict[str, str]:
    return {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in (folder.path / "out").iterdir()}


def test_the_same_job_gives_the_same_bytes(folders: Any) -> None:
    for estimator, attributes in (("xgboost.gbtree", TREES), ("DNNClassifier", {"train.epoch": 2})):
        found = []
        for attempt in ("first", "second"):
            made = folders(f"{estimator}-{attempt}").rows(iris()).job(estimator=estimator, attributes=attributes)
            code, lines = made.program()
            assert code == 0
            assert lines[-1]["type"] == "done"
            assert lines[-1]["sha256"] == files(made)["model.onnx"]
            assert {line["type"] for line in lines} == {"progress", "done"}
            found.append(files(made))
        assert found[0] == found[1]


def test_a_finished_job_is_not_done_again(folder: Folder) -> None:
    folder.rows(iris()).job(estimator="xgboost.gbtree", attributes=TREES).run()
    before = files(folder)
    (folder.path / "data" / "train" / "0.npy").unlink()
    assert folder.program() == (0, [{"type": "done", "repeated": True}])
    assert files(folder) == before


def test_exit_codes_say_whose_fault_it_is(folders: Any) -> None:
    code, lines = folders("mistake").rows(iris()).job(estimator="xgboost.gbtree", attributes={**TREES, "max_dept": 3}).program()
    assert (code, lines[-1]["type"], lines[-1]["code"], lines[-1]["hint"]) == (
        65,
        "error",
        "TRAIN_PARAMETER_UNKNOWN",
        "did you mean 'max_depth'?",
    )
    defect = folders("defect").rows(iris()).job(version=99)
    code, lines = defect.program()
    assert (code, lines[-1]["code"]) == (70, "TRAIN_DEFECT")
    assert "Traceback" not in json.dumps(lines)
    code, lines = folders("missing").job(estimator="DNNClassifier").program()
    assert (code, lines[-1]["code"]) == (75, "TRAIN_FILES")
    assert not any((each.path / "out").exists() for each in (defect,))


def test_killed_in_the_middle_it_leaves_no_output(folder: Folder) -> None:
    rows = {name: [*values] * 20 for name, values in iris().items()}
    folder.rows(rows).job(estimator="DNNClassifier", attributes={"train.epoch": 100_000})
    for deadly, code in ((signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)):
        process = folder.start()
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["type"] == "progress"
        process.send_signal(deadly)
        process.communicate(timeout=60)
        assert process.returncode == code
        assert sorted(each.name for each in folder.path.iterdir()) == ["data", "job.json"]


def test_what_a_killed_run_has_left_is_removed(folder: Folder) -> None:
    (folder.path / "out.partial").mkdir()
    (folder.path / "out.partial" / "model.onnx").write_bytes(b"half")
    folder.rows(iris()).job(estimator="xgboost.gbtree", attributes=TREES)
    code, _ = folder.program()
    assert code == 0
    assert sorted(each.name for each in folder.path.iterdir()) == ["data", "job.json", "out"]


def test_progress_is_sparse_and_the_last_line_is_there(folder: Folder) -> None:
    start = time.monotonic()
    lines = folder.rows(iris()).job(estimator="xgboost.gbtree", attributes={**TREES, "train.num_boost_round": 200}).run()
    progress = [line for line in lines if line["type"] == "progress"]
    assert progress[-1]["done"] == progress[-1]["total"] == 200
    assert set(progress[-1]["metrics"]) == {"train_mlogloss"}
    assert len(progress) <= 2 + (time.monotonic() - start) / 0.2
