"""Columns as files: columns.json and one .npy for each column. Names and values are data; paths are made of numbers only."""

import hashlib
import io
import json
import os
import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .mistakes import Defect, Mistake, meant, quoted

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# MySQL's limit of columns in a table: https://dev.mysql.com/doc/refman/8.4/en/column-count-limit.html
MOST_COLUMNS = 4096
LARGEST_DESCRIPTION = 1024 * 1024 * 1024
# A tenth of what 32 bits hold, so that differences stay finite.
LARGEST_NUMBER = 3e37


@dataclass(frozen=True)
class NumberColumn:
    """NULL is NaN."""

    name: str
    values: Doubles

    def __len__(self) -> int:
        return len(self.values)

    def floats(self) -> Floats:
        """As a model reads them. Raises `Mistake` for numbers that 32 bits cannot hold."""
        if np.nanmax(np.abs(self.values), initial=0.0) > LARGEST_NUMBER:
            message = f"column {quoted(self.name)} has numbers above {LARGEST_NUMBER:g}, which a model cannot read"
            raise Mistake("TRAIN_NUMBER_TOO_LARGE", message, "select a larger unit, or a logarithm: LN(…)")
        return self.values.astype(np.float32)

    def take(self, rows: Integers) -> "NumberColumn":
        return NumberColumn(self.name, self.values[rows])


@dataclass(frozen=True)
class TextColumn:
    """Codes of a dictionary. NULL is -1."""

    name: str
    codes: npt.NDArray[np.int32]
    dictionary: list[str]

    def __len__(self) -> int:
        return len(self.codes)

    def each(self, of: Callable[[str], Any], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """A value for each row, computed once for each text. NULL counts as an empty text, as the worker passes it to the model."""
        values = [of(text) for text in self.dictionary]
        return np.array([*values, of("")], dtype=dtype)[self.codes]

    def texts(self) -> npt.NDArray[np.object_]:
        return self.each(str, object)

    def take(self, rows: Integers) -> "TextColumn":
        return TextColumn(self.name, self.codes[rows], self.dictionary)


Column = NumberColumn | TextColumn


@dataclass(frozen=True)
class Table:
    rows: int
    columns: dict[str, Column]
    digest: str

    def column(self, name: str) -> Column:
        """Finds a column as SQL does: without regard to case where the name is not exact."""
        return self.columns[self.name_of(name)]

    def name_of(self, name: str) -> str:
        if name in self.columns:
            return name
        found = [each for each in self.columns if each.lower() == name.lower()]
        if len(found) == 1:
            return found[0]
        hint = meant(name, self.columns, f"the query's columns are {', '.join(map(quoted, list(self.columns)[:20]))}")
        raise Mistake("TRAIN_COLUMN_UNKNOWN", f"the query returns no column {quoted(name)}", hint)

    def numbers(self, name: str) -> NumberColumn:
        column = self.column(name)
        if isinstance(column, NumberColumn):
            return column
        raise _other_kind(name, "text", "numbers", f"select it as a number: CAST({name[:64]} AS DOUBLE)")

    def texts(self, name: str) -> TextColumn:
        column = self.column(name)
        if isinstance(column, TextColumn):
            return column
        raise _other_kind(name, "numbers", "text", f"select it as text: CAST({name[:64]} AS CHAR)")

    def take(self, rows: Integers) -> "Table":
        return Table(len(rows), {name: column.take(rows) for name, column in self.columns.items()}, self.digest)


def _other_kind(name: str, found: str, wanted: str, hint: str) -> Mistake:
    return Mistake(
        "TRAIN_COLUMN_KIND", f"column {quoted(name)} holds {found}; {wanted} {'were' if wanted == 'numbers' else 'was'} expected", hint
    )


def read_table(folder: Path) -> Table:
    """Reads and checks a folder of columns.

    Raises `Defect` where a file does not hold what columns.json says: TypeScript writes both."""
    digest = hashlib.sha256()
    with _open(folder / "columns.json") as file:
        if os.fstat(file.fileno()).st_size > LARGEST_DESCRIPTION:
            raise Defect("columns.json is too large")
        text = file.read()
    digest.update(text)
    description = json.loads(text)
    rows, columns = _described(description)
    read: dict[str, Column] = {}
    for index, column in enumerate(columns):
        name = column["name"]
        if name in read:
            raise Mistake("TRAIN_COLUMN_TWICE", f"the query returns two columns {quoted(name)}", "give one of them another name with AS")
        path = folder / f"{index}.npy"
        read[name] = _number(name, path, rows, digest) if column["kind"] == "number" else _text(name, path, rows, column, digest)
    return Table(rows, read, digest.hexdigest())


def _described(description: Any) -> tuple[int, list[dict[str, Any]]]:
    if not isinstance(description, dict):
        raise Defect("columns.json is not an object")
    rows, columns = description.get("rows"), description.get("columns")
    if not isinstance(rows, int) or isinstance(rows, bool) or rows < 0:
        raise Defect("columns.json: rows is not a count")
    if not isinstance(columns, list) or not 1 <= len(columns) <= MOST_COLUMNS:
        raise Defect(f"columns.json: columns is not a list of 1 to {MOST_COLUMNS}")
    for column in columns:
        if not isinstance(column, dict) or not isinstance(column.get("name"), str) or column.get("kind") not in ("number", "text"):
            raise Defect("columns.json: a column has no name or kind")
        column["name"] = well_formed(column["name"])
    return rows, columns


def _number(name: str, path: Path, rows: int, digest: Any) -> NumberColumn:
    return NumberColumn(name, _array(path, rows, np.dtype("<f8"), digest))


def _text(name: str, path: Path, rows: int, column: dict[str, Any], digest: Any) -> TextColumn:
    dictionary = column.get("dictionary")
    if not isinstance(dictionary, list) or not all(isinstance(each, str) for each in dictionary):
        raise Defect(f"columns.json: the dictionary of column {path.stem} is not a list of texts")
    codes = _array(path, rows, np.dtype("<i4"), digest)
    if rows > 0 and (int(codes.min()) < -1 or int(codes.max()) >= len(dictionary)):
        raise Defect(f"{path.name} has a code outside its dictionary")
    return TextColumn(name, codes, [well_formed(text) for text in dictionary])


def _array(path: Path, rows: int, dtype: np.dtype[Any], digest: Any) -> npt.NDArray[Any]:
    """One column, mapped into memory, if its header and its size are exactly those of `rows` values."""
    with _open(path) as file:
        try:
            version = np.lib.format.read_magic(file)
            if version != (1, 0):
                raise Defect(f"{path.name} is not of version 1.0 of .npy")
            shape, fortran, found = np.lib.format.read_array_header_1_0(file)
        except ValueError as error:
            raise Defect(f"{path.name} is not an .npy file") from error
        if shape != (rows,) or fortran or found != dtype:
            raise Defect(f"{path.name} has shape {shape} and type {found}, not ({rows},) and {dtype}")
        start = file.tell()
        if os.fstat(file.fileno()).st_size != start + rows * dtype.itemsize:
            raise Defect(f"{path.name} has not the size of its {rows} rows")
        file.seek(0)
        digest.update(hashlib.file_digest(file, "sha256").digest())
        if rows == 0:
            return np.empty(0, dtype)
        return np.memmap(file, dtype=dtype, mode="r", offset=start, shape=shape)


def _open(path: Path) -> io.BufferedReader:
    """Opens a regular file; a link could lead out of the folder, and a pipe would wait."""
    if path.is_symlink():
        raise Defect(f"{path.name} is a link")
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise Defect(f"{path.name} is not a regular file")
    return file


def well_formed(text: str) -> str:
    """Replaces lone surrogates, which JSON can hold and UTF-8 cannot."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def write_table(folder: Path, columns: Sequence[tuple[str, Doubles | Sequence[str]]]) -> None:
    """Writes columns of numbers and texts in the form that `read_table` reads."""
    described: list[dict[str, Any]] = []
    rows = len(columns[0][1])
    for index, (name, values) in enumerate(columns):
        if isinstance(values, np.ndarray):
            described.append({"name": name, "kind": "number"})
            np.save(folder / f"{index}.npy", values.astype("<f8"), allow_pickle=False)
        else:
            dictionary, codes = _coded(values)
            described.append({"name": name, "kind": "text", "dictionary": dictionary})
            np.save(folder / f"{index}.npy", codes, allow_pickle=False)
    text = json.dumps({"version": 1, "rows": rows, "columns": described})
    (folder / "columns.json").write_text(text, encoding="utf-8")


def write_part(folder: Path, table: Table, rows: Integers) -> None:
    """Writes some rows of a table. Texts keep the codes and the dictionaries of the whole."""
    described: list[dict[str, Any]] = []
    for index, column in enumerate(table.columns.values()):
        if isinstance(column, NumberColumn):
            described.append({"name": column.name, "kind": "number"})
            np.save(folder / f"{index}.npy", column.values[rows].astype("<f8"), allow_pickle=False)
        else:
            described.append({"name": column.name, "kind": "text", "dictionary": column.dictionary})
            np.save(folder / f"{index}.npy", column.codes[rows].astype("<i4"), allow_pickle=False)
    text = json.dumps({"version": 1, "rows": len(rows), "columns": described})
    (folder / "columns.json").write_text(text, encoding="utf-8")


def _coded(values: Iterable[str]) -> tuple[list[str], npt.NDArray[np.int32]]:
    codes: dict[str, int] = {}
    coded = np.array([codes.setdefault(value, len(codes)) for value in values], "<i4")
    return list(codes), coded
