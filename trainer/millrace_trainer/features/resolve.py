"""COLUMN of a statement, or the table's types where it is left out -> features that have learned from the training rows."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from ..mistakes import Mistake, meant, quoted
from ..table import NumberColumn, Table, TextColumn
from .categories import Bucket, Category, Cross, HashedNumber, HashedText, Identity, ListOfIds, Vocabulary
from .feature import Combiner, Encoding, Feature
from .lists import count_numbers, list_size
from .numbers import Numbers, fitted

# A text column that COLUMN does not describe is a vocabulary up to this number of texts, and hashed beyond it.
LARGEST_DERIVED_VOCABULARY = 1000
LARGEST_DERIVED_INDICATOR = 64
MOST_CATEGORIES = 10_000_000
# Whole numbers up to here are exact in 32 bits, the type of the model's inputs.
LARGEST_EXACT = 2**24
# A raw column of a CROSS is hashed to this number of ids first.
CROSSED_IDS = 2**20
SEPARATORS = {"COMMA": ",", "SEMICOLON": ";", "COLON": ":", "SPACE": " ", "TAB": "\t"}


@dataclass(frozen=True)
class Reader:
    """What a kind of estimator reads. Networks have towers; the others read one matrix."""

    estimator: str
    towers: tuple[Literal["deep", "wide"], ...]
    scaled: bool
    fills_null: bool
    embeds: bool
    bare_category: Encoding | None

    def tower(self, name: str | None) -> Literal["deep", "wide"]:
        names: dict[str | None, Literal["deep", "wide"]] = {"linear_feature_columns": "wide", "dnn_feature_columns": "deep"}
        if name is None and len(self.towers) == 1:
            return self.towers[0]
        found = "deep" if name == "feature_columns" and len(self.towers) == 1 else names.get(name)
        if found is None or found not in self.towers:
            known = [each for each, tower in names.items() if tower in self.towers and each is not None]
            what = "has COLUMN without FOR" if name is None else f"has no input {quoted(name)}"
            raise Mistake("TRAIN_COLUMN_FOR", f"{self.estimator} {what}", f"write COLUMN … FOR {' or FOR '.join(known)}")
        return self.towers[0] if len(self.towers) == 1 else found


def resolve_features(described: Sequence[Any] | None, table: Table, others: Sequence[str], reader: Reader) -> list[Feature]:
    """`others` are columns that are not features, such as the label."""
    excluded = {table.name_of(name) for name in others}
    raw = [name for name in table.columns if name not in excluded]
    if not described:
        if not raw:
            raise Mistake("TRAIN_NO_FEATURES", "the query returns no column besides the label", "select the features too")
        found = [_derived(name, table, reader, tower) for tower in reader.towers for name in raw]
    else:
        found = []
        for item in described:
            name, node = (item.get("for"), item["column"]) if isinstance(item, dict) and "column" in item else (None, item)
            tower = reader.tower(name)
            nodes = raw if node == "*" else [node]
            found += [_Resolver(table, reader, tower, excluded).feature(each) for each in nodes]
    for tower in reader.towers:
        if not any(feature.tower == tower for feature in found):
            name = {"deep": "dnn_feature_columns", "wide": "linear_feature_columns"}[tower]
            raise Mistake("TRAIN_COLUMN_FOR", f"{reader.estimator} has no features for {name}", f"add COLUMN … FOR {name}")
    twice = _first_twice([(feature.text, feature.tower) for feature in found])
    if twice is not None:
        raise Mistake("TRAIN_FEATURE_TWICE", f"COLUMN has {quoted(twice)} twice", "remove one of them")
    return found


def continued_features(
    own: Sequence[Feature], described: Sequence[Any] | None, table: Table, others: Sequence[str], reader: Reader
) -> list[Feature]:
    """The features of the model to go on with. Raises `Mistake` if COLUMN describes others."""
    if described:
        known = {(feature.text, feature.tower) for feature in own}
        found = {(feature.text, feature.tower) for feature in resolve_features(described, table, others, reader)}
        for what, keys in (("does not have", found - known), ("has", known - found)):
            if keys:
                text = quoted(min(keys)[0])
                message = f"the model to go on with {what} the feature {text}, which COLUMN {'has' if keys <= found else 'lacks'}"
                raise Mistake("TRAIN_GOING_ON", message, "remove COLUMN, or write it as in the statement of that model")
    return list(own)


def _first_twice(keys: Sequence[tuple[str, str]]) -> str | None:
    seen: set[tuple[str, str]] = set()
    for key in keys:
        if key in seen:
            return key[0]
        seen.add(key)
    return None


def _derived(name: str, table: Table, reader: Reader, tower: Literal["deep", "wide"]) -> Feature:
    """A number is a number, a text with as many numbers in each row a list of them, any other text a category."""
    column = table.column(name)
    if isinstance(column, NumberColumn):
        return Feature(name, tower, "number", _numbers(name, 1, None, table, reader))
    count = count_numbers(column)
    if count is not None:
        return Feature(name, tower, "number", _numbers(name, count, ",", table, reader))
    category = derived_category(name, column)
    if reader.bare_category is not None:
        return Feature(name, tower, reader.bare_category, category)
    if category.size <= LARGEST_DERIVED_INDICATOR:
        return Feature(name, tower, "indicator", category)
    return Feature(name, tower, "embedding", category, min(32, round(4 * category.size**0.25)))


def derived_category(name: str, column: TextColumn) -> Category:
    texts = used_texts(column)
    if len(texts) <= LARGEST_DERIVED_VOCABULARY:
        return Vocabulary(name, tuple(texts))
    return HashedText(name, 10 * LARGEST_DERIVED_VOCABULARY)


def used_texts(column: TextColumn) -> list[str]:
    """The texts that some row has, sorted. NULL is not one of them."""
    used = np.unique(column.codes)
    return sorted({column.dictionary[code] for code in used if code >= 0 and column.dictionary[code] != ""}) or [""]


def _numbers(name: str, size: int, separator: str | None, table: Table, reader: Reader) -> Numbers:
    return fitted(name, size, separator, table, filled=reader.fills_null, scaled=reader.scaled)


@dataclass(frozen=True)
class _Sparse:
    """SPARSE(column, size, separator, type, pair, type): only within other functions, or as a matrix for trees."""

    column: str
    size: int
    separator: str
    pair: str | None


@dataclass(frozen=True)
class _Dense:
    column: str
    size: int
    separator: str | None


_Node = _Sparse | _Dense | Category | Feature


class _Resolver:
    def __init__(self, table: Table, reader: Reader, tower: Literal["deep", "wide"], excluded: set[str]) -> None:
        self._table = table
        self._reader = reader
        self._tower = tower
        self._excluded = excluded

    def feature(self, node: Any) -> Feature:
        text = written(node)
        if isinstance(node, str):
            name = self._name(node)
            if isinstance(self._table.column(name), TextColumn):
                return _derived(name, self._table, self._reader, self._tower)
            return Feature(name, self._tower, "number", _numbers(name, 1, None, self._table, self._reader))
        found = self._call(node)
        if isinstance(found, Feature):
            return found
        if isinstance(found, _Dense):
            numbers = _numbers(found.column, found.size, found.separator, self._table, self._reader)
            return Feature(text, self._tower, "number", numbers)
        if isinstance(found, _Sparse):
            if self._reader.fills_null:
                raise _wrong(node, "is a list of ids", f"wrap it: EMBEDDING({text}, 8) or INDICATOR({text})")
            return Feature(text, self._tower, "sparse", self._category(node, found))
        if self._reader.bare_category is None:
            raise _wrong(node, "is a category, which a network cannot read as it is", f"wrap it: INDICATOR({text}) or EMBEDDING({text}, 8)")
        return Feature(text, self._tower, self._reader.bare_category, found)

    def _call(self, node: Any) -> _Node:
        if not isinstance(node, dict) or not isinstance(node.get("function"), str) or not isinstance(node.get("arguments"), list):
            raise Mistake(
                "TRAIN_FEATURE", f"COLUMN has {quoted(written(node))}, which is not a column or a function of one", "name a column"
            )
        name = node["function"].upper()
        function = _FUNCTIONS.get(name)
        if function is None:
            hint = meant(name, _FUNCTIONS, f"choose one of {', '.join(_FUNCTIONS)}")
            raise Mistake("TRAIN_FEATURE_UNKNOWN", f"COLUMN has an unknown function {quoted(node['function'])}", hint)
        handler, least, most, form = function
        if not least <= len(node["arguments"]) <= most:
            raise _wrong(node, f"has {len(node['arguments'])} arguments", f"write {form}")
        found: _Node = getattr(self, handler)(node, node["arguments"])
        return found

    # The functions of COLUMN.

    def _dense(self, node: Any, arguments: list[Any]) -> _Node:
        name = self._name(arguments[0], node)
        size = _shape(node, arguments[1]) if len(arguments) > 1 else None
        separator = _separator(node, arguments[2]) if len(arguments) > 2 else None
        column = self._table.column(name)
        if isinstance(column, NumberColumn):
            if size not in (None, 1):
                raise _wrong(node, f"describes {size} numbers, but the column holds one", f"write DENSE({name})")
            return _Dense(name, 1, None)
        separator = separator or ","
        counted = count_numbers(column, separator)
        if size is None and counted is None:
            self._table.numbers(name)
        return _Dense(name, size or counted or 1, separator)

    def _bucket(self, node: Any, arguments: list[Any]) -> _Node:
        inner = self._call(arguments[0]) if isinstance(arguments[0], dict) else _Dense(self._name(arguments[0], node), 1, None)
        if not isinstance(inner, _Dense) or inner.size != 1 or inner.separator is not None:
            raise _wrong(node, "does not name a column of single numbers", "write BUCKET(column, [10, 20])")
        self._table.numbers(inner.column)
        boundaries = arguments[1]
        if not isinstance(boundaries, list) or not boundaries or not all(_is_number(each) for each in boundaries):
            raise _wrong(node, "has no list of boundaries", "write BUCKET(column, [10, 20])")
        single = [float(np.float32(each)) for each in boundaries]
        if any(low >= high for low, high in itertools.pairwise(single)):
            raise _wrong(node, "has boundaries that do not ascend", "sort them, and remove equal ones")
        return Bucket(inner.column, tuple(single))

    def _category_id(self, node: Any, arguments: list[Any]) -> _Node:
        size = _count(node, arguments[1], "categories", MOST_CATEGORIES)
        if isinstance(arguments[0], dict):
            return self._list_of(node, arguments[0], size, hashed=False)
        name = self._name(arguments[0], node)
        if isinstance(self._table.column(name), TextColumn):
            separator = _separator(node, arguments[2]) if len(arguments) > 2 else None
            return ListOfIds(name, size, separator or ",", None, False)
        return Identity(name, size)

    def _category_hash(self, node: Any, arguments: list[Any]) -> _Node:
        size = _count(node, arguments[1], "categories", MOST_CATEGORIES)
        if isinstance(arguments[0], dict):
            return self._list_of(node, arguments[0], size, hashed=True)
        name = self._name(arguments[0], node)
        return self._hashed(name, size)

    def _vocabulary(self, node: Any, arguments: list[Any]) -> _Node:
        name = self._name(arguments[0], node)
        column = self._table.texts(name)
        if len(arguments) == 1:
            return Vocabulary(name, tuple(used_texts(column)))
        values = arguments[1]
        if (
            not isinstance(values, list)
            or not values
            or not all(isinstance(each, str) for each in values)
            or len(set(values)) < len(values)
        ):
            raise _wrong(
                node, "has no list of different texts", "write VOCABULARY(column, ['a', 'b']), or VOCABULARY(column) for all that occur"
            )
        return Vocabulary(name, tuple(values))

    def _cross(self, node: Any, arguments: list[Any]) -> _Node:
        parts, size = arguments[0], _count(node, arguments[1], "categories", MOST_CATEGORIES)
        if not isinstance(parts, list) or not 2 <= len(parts) <= 16:
            raise _wrong(node, "does not cross 2 to 16 columns", "write CROSS([a, b], 1000)")
        return Cross(tuple(self._crossed(node, part) for part in parts), size)

    def _crossed(self, node: Any, part: Any) -> Category:
        if isinstance(part, str):
            name = self._name(part, node)
            return self._hashed(name, CROSSED_IDS)
        found = self._call(part)
        if isinstance(found, _Dense) and found.separator is None:
            return self._hashed(found.column, CROSSED_IDS)
        if isinstance(found, Bucket | Identity | HashedNumber | HashedText | Vocabulary | Cross):
            return found
        raise _wrong(
            node, f"crosses {written(part)}, which has not one category for each row", "cross columns, BUCKET, CATEGORY_ID or CATEGORY_HASH"
        )

    def _indicator(self, node: Any, arguments: list[Any]) -> _Node:
        return Feature(written(node), self._tower, "indicator", self._category_of(node, arguments[0]))

    def _embedding(self, node: Any, arguments: list[Any]) -> _Node:
        if not self._reader.embeds:
            inner = written(arguments[0])
            raise _wrong(node, f"is learned by a network, which {self._reader.estimator} is not", f"write {inner} or INDICATOR({inner})")
        dimension = _count(node, arguments[1], "dimensions", 4096)
        combiner = str(arguments[2]).lower() if len(arguments) > 2 else "mean"
        if combiner not in get_args(Combiner):
            raise _wrong(node, f"has an unknown combiner {quoted(combiner)}", "choose one of sum, mean, sqrtn")
        category = self._category_of(node, arguments[0])
        found: Any = combiner
        return Feature(written(node), self._tower, "embedding", category, dimension, found)

    def _sparse(self, node: Any, arguments: list[Any]) -> _Node:
        name = self._name(arguments[0], node)
        column = self._table.texts(name)
        separator = (_separator(node, arguments[2]) if len(arguments) > 2 else None) or _usual_separator(column)
        pair = _separator(node, arguments[4]) if len(arguments) > 4 else None
        if len(arguments) <= 4 and any(":" in text for text in column.dictionary):
            pair = ":"
        if len(arguments) > 1:
            return _Sparse(name, _shape(node, arguments[1]), separator, pair)
        ids = [_whole(part.partition(pair)[0] if pair else part) for text in column.dictionary for part in text.split(separator) if part]
        return _Sparse(name, max([each for each in ids if each is not None], default=0) + 1, separator, pair)

    def _weighted(self, node: Any, arguments: list[Any]) -> _Node:
        found = self._category_of(node, arguments[0])
        if not isinstance(found, ListOfIds) or found.pair is None:
            hint = "write WEIGHTED_CATEGORY(CATEGORY_HASH(SPARSE(column, 100, ',', 'int', ':', 'float'), 100))"
            raise _wrong(node, "has no pairs of ids and weights", hint)
        return found

    # Parts of the functions.

    def _hashed(self, name: str, size: int) -> Category:
        column = self._table.column(name)
        if isinstance(column, TextColumn):
            return HashedText(name, size)
        if np.nanmax(np.abs(column.values), initial=0.0) > LARGEST_EXACT:
            message = f"column {quoted(name)} has numbers above {LARGEST_EXACT}, which a model's input cannot hold exactly"
            raise Mistake("TRAIN_NUMBER_TOO_LARGE", message, f"select it as text: CAST({name[:64]} AS CHAR)")
        return HashedNumber(name, size)

    def _category_of(self, node: Any, inner: Any) -> Category:
        if isinstance(inner, str):
            name = self._name(inner, node)
            column = self._table.column(name)
            if isinstance(column, NumberColumn):
                return self._whole_numbers(node, column)
            size = list_size(column)
            return derived_category(name, column) if size is None else ListOfIds(name, size, ",", None, False)
        return self._category(node, self._call(inner))

    def _category(self, node: Any, found: _Node) -> Category:
        if isinstance(found, _Sparse):
            return ListOfIds(found.column, found.size, found.separator, found.pair, False)
        if isinstance(found, _Dense) and found.separator is None:
            return self._whole_numbers(node, self._table.numbers(found.column))
        if isinstance(found, _Dense | Feature):
            raise _wrong(node, "needs a category", "write CATEGORY_ID, CATEGORY_HASH, BUCKET or CROSS within it")
        return found

    def _whole_numbers(self, node: Any, column: NumberColumn) -> Category:
        values = column.values[~np.isnan(column.values)]
        if len(values) == 0 or values.min() < 0 or values.max() >= 100_000 or not np.array_equal(values, np.floor(values)):
            name = column.name
            hint = f"write BUCKET({name[:64]}, [10, 20]) or CATEGORY_HASH({name[:64]}, 1000) within it"
            raise _wrong(node, f"needs a category, and column {quoted(name)} holds other numbers than 0 to 99999", hint)
        return Identity(column.name, int(values.max()) + 1)

    def _list_of(self, node: Any, inner: Any, size: int, hashed: bool) -> Category:
        found = self._call(inner)
        if isinstance(found, _Sparse):
            return ListOfIds(found.column, size, found.separator, found.pair, hashed)
        if isinstance(found, _Dense) and found.separator is None:
            return self._hashed(found.column, size) if hashed else Identity(found.column, size)
        raise _wrong(node, f"holds {written(inner)}", "write a column or SPARSE within it")

    def _name(self, node: Any, within: Any = None) -> str:
        if not isinstance(node, str):
            raise _wrong(within, f"holds {written(node)} where a column's name was expected", "name a column of the query")
        name = self._table.name_of(node)
        if name in self._excluded:
            raise Mistake("TRAIN_FEATURE_IS_LABEL", f"COLUMN names {quoted(name)}, which is the label or a weight", "remove it from COLUMN")
        return name


_FUNCTIONS: dict[str, tuple[str, int, int, str]] = {
    "NUMERIC": ("_dense", 1, 4, "NUMERIC(column)"),
    "DENSE": ("_dense", 1, 4, "DENSE(column, 4, COMMA)"),
    "BUCKET": ("_bucket", 2, 2, "BUCKET(column, [10, 20])"),
    "CATEGORY_ID": ("_category_id", 2, 3, "CATEGORY_ID(column, 100)"),
    "SEQ_CATEGORY_ID": ("_category_id", 2, 3, "SEQ_CATEGORY_ID(column, 100)"),
    "CATEGORY_HASH": ("_category_hash", 2, 2, "CATEGORY_HASH(column, 1000)"),
    "VOCABULARY": ("_vocabulary", 1, 2, "VOCABULARY(column, ['a', 'b'])"),
    "CROSS": ("_cross", 2, 2, "CROSS([a, b], 1000)"),
    "INDICATOR": ("_indicator", 1, 1, "INDICATOR(CATEGORY_ID(column, 100))"),
    "EMBEDDING": ("_embedding", 2, 4, "EMBEDDING(CATEGORY_HASH(column, 1000), 8)"),
    "SPARSE": ("_sparse", 1, 6, "SPARSE(column, 1000, COMMA)"),
    "WEIGHTED_CATEGORY": ("_weighted", 1, 1, "WEIGHTED_CATEGORY(CATEGORY_HASH(SPARSE(…), 100))"),
}


def written(node: Any) -> str:
    """An item of COLUMN as text."""
    if isinstance(node, dict):
        return f"{str(node.get('function', '?')).upper()}({', '.join(written(each) for each in node.get('arguments', []))})"
    if isinstance(node, list):
        return f"[{', '.join(written(each) for each in node)}]"
    return str(node)


def _wrong(node: Any, why: str, hint: str) -> Mistake:
    return Mistake("TRAIN_FEATURE", f"{written(node)[:200]} {why}", hint)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e38


def _count(node: Any, value: Any, what: str, most: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most:
        return value
    raise _wrong(node, f"has {written(value)} {what}", f"write a whole number of {what} from 1 to {most}")


def _shape(node: Any, value: Any) -> int:
    """A size, or a shape whose product it is. `none` is one."""
    if isinstance(value, str) and value.lower() == "none":
        return 1
    sizes = value if isinstance(value, list) and value else [value]
    product = 1
    for size in sizes:
        product *= _count(node, size, "values", MOST_CATEGORIES)
    return _count(node, product, "values", MOST_CATEGORIES)


def _separator(node: Any, value: Any) -> str | None:
    if isinstance(value, str) and value.lower() in ("none", ""):
        return None
    if isinstance(value, str) and (len(value) == 1 or value.upper() in SEPARATORS):
        return SEPARATORS.get(value.upper(), value)
    raise _wrong(node, f"has an unknown separator {written(value)}", f"choose one character, or one of {', '.join(SEPARATORS)}")


def _usual_separator(column: TextColumn) -> str:
    """A comma, or a space as in LIBSVM's `1:0.5 3:2`."""
    return " " if not any("," in text for text in column.dictionary) and any(" " in text for text in column.dictionary) else ","


def _whole(text: str) -> int | None:
    return int(text) if text.strip().isdecimal() and len(text) < 10 else None
