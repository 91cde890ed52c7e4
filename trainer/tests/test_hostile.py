"""Tables made to break out: names and values are data, sizes are checked, nothing outside of the folder is read or written."""

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import PACKAGE, Folder

from millrace_trainer.mistakes import Defect, Mistake
from millrace_trainer.table import read_table

NAMES = [
    "../../../etc/passwd",
    "/tmp/x",  # noqa: S108
    "a b\n\"'`;--",
    "label",
    "value",
    "probabilities",
    "1",
    "Konto €",
    "😀",
    "a" * 4096,
    "\u0000null",
    "${HOME}$(id)",
    "{0.__class__}",
    "%s%n",
    "<script>",
]


def test_any_name_is_only_a_name(folder: Folder) -> None:
    generator = np.random.default_rng(1)
    rows: dict[str, Any] = {name: generator.random(40) for name in NAMES}
    rows["text"] = [NAMES[each % len(NAMES)] for each in range(40)]
    rows["y"] = [NAMES[each % 3] for each in range(40)]
    before = snapshot(folder.path.parent)
    for estimator, attributes in (("DNNClassifier", {"train.epoch": 1}), ("xgboost.gbtree", {"objective": "multi:softprob"})):
        made = Folder(folder.path / estimator)
        made.path.mkdir()
        made.rows(rows).job(estimator=estimator, attributes=attributes).run()
        assert made.report["export"]["difference"] <= 1e-5
        assert set(made.report["inputs"]) == {*NAMES, "text"}
        assert made.report["outputs"] == {"label": "label_", "probabilities": "probabilities_"}
        assert sorted(each.name for each in made.path.iterdir()) == ["data", "job.json", "out"]
    assert snapshot(folder.path.parent) - before == {"DNNClassifier", "xgboost.gbtree"} - {"DNNClassifier", "xgboost.gbtree"}


def snapshot(path: Path) -> set[str]:
    return {each.name for each in path.iterdir()}


@pytest.mark.parametrize("name", ["", "ends with a space "])
def test_names_that_sql_does_not_have_are_refused(folder: Folder, name: str) -> None:
    folder.rows({name: [1.0, 2.0], "y": [0.0, 1.0]}).job(estimator="DNNRegressor")
    with pytest.raises(Mistake, match="is empty or ends with a space"):
        folder.run()


def describe(folder: Path, **changes: Any) -> None:
    description = json.loads((folder / "columns.json").read_text())
    description.update(changes)
    (folder / "columns.json").write_text(json.dumps(description))


def pickled(folder: Path) -> None:
    np.save(folder / "0.npy", np.array([print, len], object), allow_pickle=True)


def wide_header(folder: Path) -> None:
    (folder / "0.npy").write_bytes(b"\x93NUMPY\x01\x00" + b"\xff\xff" + b"(" * 65535)


def evil_header(folder: Path) -> None:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (__import__('os').getpid(),), }"
    (folder / "0.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)


def linked(folder: Path) -> None:
    (folder / "0.npy").rename(folder / "kept.npy")
    (folder / "0.npy").symlink_to("kept.npy")


def piped(folder: Path) -> None:
    (folder / "0.npy").unlink()
    os.mkfifo(folder / "0.npy")


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: describe(folder, rows=3),
        lambda folder: describe(folder, rows=10**18),
        lambda folder: describe(folder, rows=-1),
        lambda folder: describe(folder, rows=True),
        lambda folder: describe(folder, columns=[]),
        lambda folder: describe(folder, columns=[{"name": "x", "kind": "object"}]),
        lambda folder: describe(folder, columns=[{"name": 7, "kind": "number"}]),
        lambda folder: describe(folder, columns=[{"name": "x", "kind": "number", "file": "/etc/passwd"}] * 5000),
        lambda folder: describe(folder, columns=[{"name": "x", "kind": "text", "dictionary": ["a"]}]),
        lambda folder: (folder / "0.npy").write_bytes(b""),
        lambda folder: (folder / "0.npy").write_bytes((folder / "0.npy").read_bytes() + b"\0"),
        lambda folder: (folder / "0.npy").write_bytes(pickle.dumps([1, 2])),
        lambda folder: np.save(folder / "0.npy", np.zeros((2, 1))),
        lambda folder: np.save(folder / "0.npy", np.zeros(2, ">f8")),
        lambda folder: np.save(folder / "0.npy", np.zeros(2, np.float32)),
        lambda folder: np.save(folder / "1.npy", np.array([0, 5], "<i4")),
        lambda folder: np.save(folder / "1.npy", np.array([-2, 0], "<i4")),
        pickled,
        wide_header,
        evil_header,
        linked,
        piped,
    ],
)
def test_files_that_do_not_hold_what_columns_json_says_are_refused(folder: Folder, damage: Any) -> None:
    folder.rows({"x": [1.0, 2.0], "c": ["a", "b"]})
    damage(folder.path / "data" / "train")
    with pytest.raises(Defect):
        read_table(folder.path / "data" / "train")


def test_two_columns_of_one_name_are_a_mistake(folder: Folder) -> None:
    folder.rows({"x": [1.0], "y": [2.0]})
    describe(folder.path / "data" / "train", columns=[{"name": "x", "kind": "number"}] * 2)
    with pytest.raises(Mistake, match="two columns 'x'"):
        read_table(folder.path / "data" / "train")


def test_lone_surrogates_and_zeros_in_texts_are_data(folder: Folder) -> None:
    rows = {"c": ["\ud800", "a\x00b", "", "x" * 100_000] * 5, "y": [0.0, 1.0, 0.0, 1.0] * 5}
    folder.rows({"c": ["a", "b", "c", "d"] * 5, "y": rows["y"]})
    description = json.loads((folder.path / "data" / "train" / "columns.json").read_text())
    description["columns"][0]["dictionary"] = rows["c"][:4]
    (folder.path / "data" / "train" / "columns.json").write_text(json.dumps(description))
    folder.job(estimator="DNNClassifier", attributes={"train.epoch": 1}).run()
    assert folder.report["export"]["difference"] <= 1e-5


def test_a_model_file_of_someone_else_is_refused(folder: Folder) -> None:
    import onnx
    from onnx import helper

    graph = helper.make_graph([], "g", [], [])
    model = helper.make_model(graph)
    folder.rows({"x": [1.0], "y": [1.0]}).job(task="evaluate", **{"from": "model.onnx"})
    onnx.save(model, folder.path / "model.onnx")
    with pytest.raises(Mistake, match="was not trained by TO TRAIN"):
        folder.run()
    helper.set_model_props(model, {"millrace.estimator": "KMeans", "millrace.features": '[{"source": {"kind": "os.system"}}]'})
    onnx.save(model, folder.path / "model.onnx")
    with pytest.raises(Mistake, match="was not trained by TO TRAIN"):
        folder.run()


def external_constant(model: Any) -> None:
    constant = next(each for each in model.graph.initializer if each.raw_data)
    constant.ClearField("raw_data")
    constant.data_location = 1
    constant.external_data.add(key="location", value="../../../../../../etc/hostname")


def graph_within(model: Any) -> None:
    from onnx import helper

    model.graph.node[0].attribute.append(helper.make_attribute("then_branch", helper.make_graph([], "g", [], [])))


def state_of_no_library(model: Any) -> None:
    for entry in model.metadata_props:
        if entry.key == "millrace.state":
            entry.value = "eJwrSS0uAQAEXQHB"


@pytest.mark.parametrize("change", [external_constant, graph_within, state_of_no_library])
@pytest.mark.parametrize("task", ["evaluate", "explain", "train"])
def test_a_crafted_model_reads_no_file_and_runs_no_code(folders: Any, change: Any, task: str) -> None:
    import onnx

    rows = {"x": [1.0, 2.0, 3.0, 4.0], "y": [0.0, 1.0, 0.0, 1.0]}
    trained = folders("trained").rows(rows).job(estimator="DNNClassifier", attributes={"train.epoch": 1})
    trained.run()
    model = onnx.load(trained.path / "out" / "model.onnx")
    change(model)
    made = folders("made").rows(rows).job(task=task, estimator="DNNClassifier", **{"from": "model.onnx"})
    onnx.save(model, made.path / "model.onnx")
    if change is state_of_no_library and task != "train":
        made.run()
        return
    with pytest.raises((Mistake, Defect)):
        made.run()


@pytest.mark.parametrize("start", ["../model.onnx", "/etc/passwd", "model2.onnx", 7])
def test_the_model_to_go_on_with_has_one_name(folder: Folder, start: Any) -> None:
    folder.rows({"x": [1.0], "y": [1.0]}).job(estimator="DNNRegressor", **{"from": start})
    with pytest.raises(Defect):
        folder.run()


CONNECT = """import socket, sys
from millrace_trainer import program
def connect(*_):
    {call}
program._task = lambda job: connect
sys.exit(program.run([sys.argv[1]]))"""


@pytest.mark.parametrize(
    "call",
    [
        "socket.create_connection(('127.0.0.1', 9))",
        "socket.socket().bind(('127.0.0.1', 0))",
        "socket.getaddrinfo('localhost', 80)",
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
        "__import__('urllib.request').request.urlopen('http://localhost/')",
    ],
)
def test_the_trainer_has_no_network(folder: Folder, call: str) -> None:
    folder.rows({"x": [1.0, 2.0], "y": [0.0, 1.0]}).job(estimator="DNNClassifier")
    ended = subprocess.run(
        [sys.executable, "-c", CONNECT.format(call=call), str(folder.path)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PACKAGE)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 70
    assert "as the trainer has no network" in ended.stdout


def test_a_state_that_unpacks_to_much_more_is_refused_in_bounded_memory(folders: Any) -> None:
    import base64
    import resource
    import zlib

    import onnx

    rows = {"x": [1.0, 2.0, 3.0, 4.0], "y": [0.0, 1.0, 0.0, 1.0]}
    trained = folders("trained").rows(rows).job(estimator="xgboost.gbtree", attributes={"objective": "binary:logistic"})
    trained.run()
    model = onnx.load(trained.path / "out" / "model.onnx")
    packer = zlib.compressobj(1)
    zeros = bytes(2**24)
    packed = b"".join(packer.compress(zeros) for _ in range(80)) + packer.flush()
    next(each for each in model.metadata_props if each.key == "millrace.state").value = base64.b64encode(packed).decode()
    made = folders("made").rows(rows).job(task="explain", **{"from": "model.onnx"})
    onnx.save(model, made.path / "model.onnx")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Mistake, match="was not trained by TO TRAIN"):
        made.run()
    # In KiB: less than the 1.25 GiB of zeros.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2**20
