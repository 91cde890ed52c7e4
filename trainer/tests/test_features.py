"""COLUMN: what each function means in numpy, and that the graph means the same; NULL, unseen and odd values included."""

from typing import Any

import numpy as np
import pytest
from conftest import Folder, write_columns
from sklearn.utils import murmurhash3_32

from millrace_trainer.features.categories import ListOfIds, Vocabulary
from millrace_trainer.features.feature import from_json, to_json
from millrace_trainer.features.matrix import matrix
from millrace_trainer.features.murmur import hash_integers, hash_text
from millrace_trainer.features.resolve import Reader, resolve_features, written
from millrace_trainer.mistakes import Mistake
from millrace_trainer.table import read_table

TREES = Reader("xgboost.gbtree", ("deep",), scaled=False, fills_null=False, embeds=False, bare_category="id")
LINEAR = Reader("LogisticRegression", ("wide",), scaled=True, fills_null=True, embeds=False, bare_category="indicator")


def call(function: str, *arguments: Any) -> dict[str, Any]:
    return {"function": function, "arguments": list(arguments)}


ROWS: dict[str, Any] = {
    "x": [0.0, 10.0, 17.5, None, -3.0, 20.0],
    "id": [0, 3, 7, None, -1, 2],
    "city": ["Zürich", "東京", "", None, "Zürich", "🌊 wave"],
    "list": ["1,2,3", "4,5,6", None, "7,8,9", "1,1,1", "0,0,0"],
    "ids": ["3,1", "2", "", None, "0,0,9", "5,4,3"],
    "pairs": ["3:0.5,1:2", "2:1", None, "", "0:1.5", "5,4:0.25"],
    "y": [0, 1, 0, 1, 0, 1],
}


def values(folder: Folder, node: Any, reader: Reader = TREES) -> Any:
    folder.rows(ROWS)
    features = resolve_features([node], folder.table(), ["y"], reader)
    assert from_json(to_json(features[0])) == features[0]
    return matrix(features, folder.table())


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ("x", [0, 10, 17.5, np.nan, -3, 20]),
        ("X", [0, 10, 17.5, np.nan, -3, 20]),
        (call("DENSE", "x"), [0, 10, 17.5, np.nan, -3, 20]),
        (call("bucket", call("NUMERIC", "x"), [0, 10, 20]), [1, 2, 2, 0, 0, 3]),
        (call("CATEGORY_ID", "id", 5), [0, 3, 0, 0, 0, 2]),
        (call("VOCABULARY", "city", ["Zürich", "Paris"]), [0, np.nan, np.nan, np.nan, 0, np.nan]),
    ],
)
def test_a_column_is_what_it_says(folder: Folder, node: Any, expected: list[float]) -> None:
    assert np.array_equal(values(folder, node)[:, 0], np.array(expected, np.float32), equal_nan=True)


def test_a_text_column_is_a_vocabulary_of_its_texts(folder: Folder) -> None:
    assert np.array_equal(values(folder, "city")[:, 0], np.array([0, 1, np.nan, np.nan, 0, 2], np.float32), equal_nan=True)


def test_numbers_are_scaled_and_null_is_the_mean(folder: Folder) -> None:
    found = values(folder, "x", LINEAR)[:, 0]
    known = np.array([0, 10, 17.5, -3, 20])
    assert found[3] == 0
    assert found[[0, 1, 2, 4, 5]] == pytest.approx((known - known.mean()) / known.std(), rel=1e-6)


def test_lists_of_numbers_and_of_ids(folder: Folder) -> None:
    assert values(folder, call("DENSE", "list", 3, "COMMA"))[1].tolist() == [4, 5, 6]
    assert values(folder, "list").shape == (6, 3)
    sparse = values(folder, call("SPARSE", "pairs", 6, ",", "int", ":", "float"))
    assert np.nan_to_num(sparse[0], nan=-1).tolist() == [-1, 2, -1, 0.5, -1, -1]
    assert np.isnan(sparse[2]).all()
    counted = values(folder, call("INDICATOR", call("CATEGORY_ID", call("SPARSE", "ids", 6, "COMMA"), 6)), LINEAR)
    assert counted[0].tolist() == [0, 1, 0, 1, 0, 0]
    # The id 9 is outside.
    assert counted[4].tolist() == [2, 0, 0, 0, 0, 0]


def test_hashes_are_those_of_scikit_learn_and_onnxruntime(folder: Folder) -> None:
    for text in ("", "a", "abcd", "Zürich", "東京", "🌊 wave", "x" * 77):
        assert hash_text(text) == murmurhash3_32(text, positive=True)
    numbers = np.array([0, 1, -1, 2**62 - 1, -(2**62), 123456789012], np.int64)
    assert hash_integers(numbers).tolist() == [murmurhash3_32(each.tobytes(), positive=True) for each in numbers]


CATEGORIES = [
    call("BUCKET", "x", [0, 10, 20]),
    call("CATEGORY_ID", "id", 5),
    call("CATEGORY_HASH", "city", 7),
    call("CATEGORY_HASH", "id", 7),
    call("VOCABULARY", "city"),
    call("CROSS", ["city", "id"], 11),
    call("CROSS", [call("BUCKET", "x", [5]), "city", call("CATEGORY_ID", "id", 9), "x"], 13),
    call("CATEGORY_ID", call("SPARSE", "ids", 10, "COMMA"), 10),
    call("SEQ_CATEGORY_ID", "ids", 10, "COMMA"),
    call("CATEGORY_HASH", call("SPARSE", "ids", 10), 4),
    call("WEIGHTED_CATEGORY", call("CATEGORY_HASH", call("SPARSE", "pairs", 10, ",", "int", ":", "float"), 6)),
    call("SPARSE", "pairs", 8),
]


@pytest.mark.parametrize("category", CATEGORIES, ids=written)
@pytest.mark.parametrize("wrapped", ["id", "indicator", "sum", "mean", "sqrtn"])
def test_the_graph_means_the_same(folder: Folder, category: Any, wrapped: str) -> None:
    """The gate compares the library's predictions with the exported file's; other rows, with unseen values, are compared here."""
    folder.rows({name: each * 4 for name, each in ROWS.items()})
    listed = "SPARSE" in written(category) or "SEQ" in written(category)
    node = (
        category if wrapped == "id" else call("INDICATOR", category) if wrapped == "indicator" else call("EMBEDDING", category, 3, wrapped)
    )
    if wrapped == "id" and listed and category["function"] != "SPARSE":
        pytest.skip("a list has not one id")
    estimator = "xgboost.gbtree" if wrapped == "id" else "DNNRegressor"
    tree = {"objective": "reg:squarederror", "min_child_weight": 0, "train.num_boost_round": 3}
    attributes: dict[str, Any] = tree if wrapped == "id" else {"train.epoch": 2, "model.hidden_units": [4]}
    folder.job(estimator=estimator, attributes=attributes, features=[node, "x"]).run()
    assert folder.report["export"]["difference"] <= 1e-5
    others = {
        "x": [None, 1e30, -1e30, 9.5, 20.0],
        "id": [1e18, 4.0, 100.0, None, 3.9],
        "city": ["Paris", "", None, "東京", "a\x00b"],
        "ids": ["9,9,9,9,9", "", "77", None, "1"],
        "pairs": ["", "", "", "", ""],
        "y": [0, 1, 0, 1, 0],
    }
    (folder.path / "other").mkdir()
    write_columns(folder.path / "other", {**others, "list": ["1,2,3"] * 5})
    table = read_table(folder.path / "other")
    assert folder.predict(table)["value"] == pytest.approx(library(folder, table, estimator), rel=1e-5, abs=1e-6)


def library(folder: Folder, table: Any, estimator: str) -> Any:
    """What the model predicts outside of ONNX, made from its state."""
    from millrace_trainer.attributes import Attributes
    from millrace_trainer.boosting.model import BoosterModel, load_booster
    from millrace_trainer.checkpoint import from_bytes
    from millrace_trainer.fit import Fit
    from millrace_trainer.network.configuration import read_configuration
    from millrace_trainer.network.estimator import restore
    from millrace_trainer.network.learning import seeded
    from millrace_trainer.network.model import NetworkModel
    from millrace_trainer.network.network import new_network

    start = folder.model.start
    if estimator.startswith("xgboost"):
        return BoosterModel(load_booster(start.state), "reg:squarederror", start.features, None).predict(table).values
    fit = Fit(start.features, None, start.extra["shift"], start.extra["factor"], None)
    configuration = read_configuration(Attributes({"model.hidden_units": [4]}), ("deep",), False)
    network = new_network(configuration, fit.features, 1, seeded(1))
    assert from_bytes(start.state)[0]["steps"] > 0
    restore(network, start.state)
    return NetworkModel(network, fit, 2).predict(table).values


def test_types_decide_where_column_is_left_out(folder: Folder) -> None:
    rows = {
        "x": [1.0, 2.0] * 20,
        "c": ["a", "b"] * 20,
        "list": ["1,2", "3,4"] * 20,
        "many": [f"t{each}" for each in range(40)],
        "y": [0.0, 1.0] * 20,
    }
    folder.rows({**rows, "more": [f"{each % 39}-{each}" for each in range(40)]}).job(estimator="DNNClassifier").run()
    encodings = {feature.text: feature.encoding for feature in folder.model.start.features}
    assert encodings == {"x": "number", "c": "indicator", "list": "number", "many": "indicator", "more": "indicator"}
    assert folder.report["metrics"]["train"]["accuracy"] == 1


def test_a_star_is_all_other_columns(folder: Folder) -> None:
    folder.rows(ROWS).job(estimator="LinearRegressor", features=["*", call("CROSS", ["city", "id"], 10)]).run()
    assert folder.report["features"] == ["x", "id", "city", "list", "ids", "pairs", "CROSS([city, id], 10)"]


@pytest.mark.parametrize(
    ("node", "reader", "code", "words"),
    [
        ("sepal", TREES, "TRAIN_COLUMN_UNKNOWN", "no column 'sepal'"),
        ("y", TREES, "TRAIN_FEATURE_IS_LABEL", "is the label"),
        (call("BUCKETS", "x", [1]), TREES, "TRAIN_FEATURE_UNKNOWN", "did you mean 'BUCKET'?"),
        (call("BUCKET", "x", [10, 0]), TREES, "TRAIN_FEATURE", "do not ascend"),
        (call("BUCKET", "x", [5, 5]), TREES, "TRAIN_FEATURE", "do not ascend"),
        (call("BUCKET", call("DENSE", "x", [100]), 100), TREES, "TRAIN_FEATURE", "holds one"),
        (call("BUCKET", "city", [5]), TREES, "TRAIN_COLUMN_KIND", "holds text"),
        (call("BUCKET", "x"), TREES, "TRAIN_FEATURE", "write BUCKET(column, [10, 20])"),
        (call("CATEGORY_ID", "id", 0), TREES, "TRAIN_FEATURE", "from 1 to"),
        (call("CATEGORY_ID", "city", 10), TREES, "TRAIN_VALUE_MALFORMED", "not a whole number"),
        (call("DENSE", "city"), TREES, "TRAIN_COLUMN_KIND", "numbers were expected"),
        (call("DENSE", "list", 4), TREES, "TRAIN_VALUE_MALFORMED", "has 3 values, not 4"),
        (call("EMBEDDING", "city", 4), TREES, "TRAIN_FEATURE", "learned by a network"),
        (call("SPARSE", "x", 4), LINEAR, "TRAIN_COLUMN_KIND", "holds numbers"),
        (call("SPARSE", "ids", 4), LINEAR, "TRAIN_FEATURE", "wrap it"),
        (call("INDICATOR", "x"), LINEAR, "TRAIN_FEATURE", "needs a category"),
        (call("CROSS", ["x"], 4), TREES, "TRAIN_FEATURE", "write CROSS([a, b], 1000)"),
        (call("INDICATOR", call("CATEGORY_HASH", "city", 10**9)), TREES, "TRAIN_FEATURE", "from 1 to"),
        (call("INDICATOR", call("CATEGORY_HASH", "city", 10**7)), TREES, "TRAIN_TOO_LARGE", None),
        ({"column": "x", "for": "dnn_feature_columns"}, LINEAR, "TRAIN_COLUMN_FOR", "has no input"),
        (7, TREES, "TRAIN_FEATURE", "not a column"),
    ],
)
def test_a_wrong_column_is_refused_in_words(folder: Folder, node: Any, reader: Reader, code: str, words: str | None) -> None:
    folder.rows({name: each * 30 for name, each in ROWS.items()})
    with pytest.raises(Mistake) as raised:
        matrix(resolve_features([node], folder.table(), ["y"], reader), folder.table())
    assert raised.value.code == code
    assert words is None or words in f"{raised.value.message} {raised.value.hint}"


def test_numbers_too_large_for_the_models_input_are_not_hashed(folder: Folder) -> None:
    rows = {"id": [2.0**40, 2.0**40 + 1], "y": [0, 1]}
    with pytest.raises(Mistake, match="cannot hold exactly"):
        folder.rows(rows).job(
            estimator="xgboost.gbtree", attributes={"objective": "binary:logistic"}, features=[call("CATEGORY_HASH", "id", 10)]
        ).run()


def test_lists_may_end_with_their_separator(folder: Folder) -> None:
    rows = {"c": ["1,4,2,3,", "1,3,8,3"] * 20, "y": [0.0, 1.0] * 20}
    folder.rows(rows).job(estimator="xgboost.gbtree", attributes={"objective": "binary:logistic"}, features=[call("DENSE", "c", 4)]).run()
    assert folder.report["metrics"]["train"]["accuracy"] == 1


def test_an_embedded_text_of_whole_numbers_is_a_list_of_ids(folder: Folder) -> None:
    rows = {"c": ["1,4,2", "3", "0,7"] * 10, "d": ["a,b", "1,2", "3"] * 10, "y": [0.0, 1.0, 0.0] * 10}
    features = [call("EMBEDDING", "c", 4), call("INDICATOR", "d")]
    folder.rows(rows).job(estimator="DNNClassifier", attributes={"train.epoch": 2}, features=features).run()
    ids, texts = (feature.source for feature in folder.model.start.features)
    assert isinstance(ids, ListOfIds)
    assert ids.size == 8
    assert isinstance(texts, Vocabulary)


def test_sparse_reads_libsvms_pairs(folder: Folder) -> None:
    rows = {"c": ["1:0.5 3:-1.5 5:6.7", "3:-1.3 10:0.6 2:-3.4", "5:10.2 3:7.4"] * 10, "y": [0.0, 1.0, 2.0] * 10}
    folder.rows(rows).job(estimator="xgboost.gbtree", attributes={"objective": "multi:softprob"}, features=[call("SPARSE", "c")]).run()
    assert folder.report["metrics"]["train"]["accuracy"] == 1
