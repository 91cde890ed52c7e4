"""The label's column: which classes it has, and each row's class or number and weight."""

from collections.abc import Sequence

import numpy as np

from .mistakes import Mistake, quoted
from .prediction import Class
from .table import Doubles, Floats, Integers, NumberColumn, Table, TextColumn

MOST_CLASSES = 100_000


def labelled(table: Table, label: str | None) -> Table:
    """The rows whose label is not NULL. Raises `Mistake` if none is left."""
    if label is None:
        raise Mistake("TRAIN_LABEL_MISSING", "the statement has no LABEL, which this estimator learns", "add LABEL and the column's name")
    column = table.column(label)
    known = ~np.isnan(column.values) if isinstance(column, NumberColumn) else column.codes >= 0
    if not known.any():
        found = "the query returns no rows" if table.rows == 0 else f"the label {quoted(label)} is NULL in all {table.rows} rows"
        raise Mistake("TRAIN_NO_ROWS", found, "select rows with a label")
    return table if known.all() else table.take(np.flatnonzero(known))


def find_classes(table: Table, label: str, wanted: int | None) -> list[Class]:
    """The label's values in order. Whole numbers below `wanted` count as the classes 0 … wanted - 1."""
    found = _values(table, label)
    if len(found) == 1:
        message = f"the label {quoted(label)} is {quoted(str(found[0]))} in all rows"
        raise Mistake("TRAIN_ONE_CLASS", message, "select rows of at least two classes")
    if wanted is None:
        return found
    if all(isinstance(each, int) and 0 <= each < wanted for each in found):
        return list(range(wanted))
    if len(found) > wanted:
        message = f"the label {quoted(label)} has {len(found)} values, but the statement says {wanted} classes"
        raise Mistake("TRAIN_CLASSES", message, f"set the number of classes to {len(found)}")
    return found


def _values(table: Table, label: str) -> list[Class]:
    column = table.column(label)
    if isinstance(column, TextColumn):
        texts: list[Class] = [*sorted({column.dictionary[code] for code in np.unique(column.codes)})]
        return texts
    values = np.unique(column.values)
    if len(values) > MOST_CLASSES:
        hint = "a regressor learns numbers; a classifier needs a label with few values"
        raise Mistake("TRAIN_CLASSES", f"the label {quoted(label)} has {len(values)} different numbers", hint)
    whole = np.array_equal(values, np.floor(values)) and float(np.abs(values).max()) < 2**53
    return [int(value) if whole else float(value) for value in values]


def class_places(table: Table, label: str, classes: Sequence[Class]) -> Integers:
    """The place of each row's label in `classes`; -1 for another label."""
    column = table.column(label)
    places = {each: place for place, each in enumerate(classes)}
    if isinstance(column, TextColumn):
        return np.where(column.codes < 0, -1, column.each(lambda text: places.get(text, -1), np.int64))
    values, inverse = np.unique(column.values, return_inverse=True)
    return np.array([places.get(float(value), -1) for value in values], np.int64)[inverse]


def known_classes(table: Table, label: str, classes: Sequence[Class]) -> Table:
    """The rows whose label is one of `classes`."""
    return table.take(np.flatnonzero(class_places(table, label, classes) >= 0))


def label_numbers(table: Table, label: str) -> Doubles:
    column = table.numbers(label)
    column.floats()
    return np.asarray(column.values)


def class_weights(given: Sequence[float] | str | None, places: Integers, classes: Sequence[Class]) -> list[float] | None:
    """A weight for each class. 'balanced' gives all classes the same total."""
    if given is None:
        return None
    if isinstance(given, str):
        counts = np.bincount(places, minlength=len(classes))
        return [float(len(places) / (len(classes) * count)) if count else 0.0 for count in counts]
    if len(given) != len(classes):
        message = f"model.class_weights has {len(given)} weights for {len(classes)} classes"
        shown = ", ".join(str(each)[:40] for each in classes[:20])
        raise Mistake("TRAIN_CLASSES", message, f"give one weight for each class, in this order: {shown}")
    return [float(each) for each in given]


def row_weights(table: Table, column: str | None, by_class: Sequence[float] | None, places: Integers | None) -> Floats | None:
    """The product of the weight column and the class's weight; None if there is neither."""
    if column is None and by_class is None:
        return None
    weights = np.ones(table.rows, np.float32)
    if column is not None:
        given = table.numbers(column).values
        if not (given >= 0).all() or not (given < 1e30).all() or not (given > 0).any():
            raise Mistake(
                "TRAIN_WEIGHTS", f"the weights {quoted(column)} are not all numbers from 0", "select weights that are not NULL or negative"
            )
        weights = given.astype(np.float32)
    if by_class is not None and places is not None:
        weights = weights * np.asarray(by_class, np.float32)[places]
    return weights
