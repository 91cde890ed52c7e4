"""One item of COLUMN after it has learned from the training rows, and its form in the model file."""

from dataclasses import dataclass
from typing import Any, Literal

from .categories import Bucket, Category, Cross, HashedNumber, HashedText, Identity, ListOfIds, Vocabulary
from .numbers import Numbers

# number: its values; id: the category's number; indicator: a column for each category, with the number or weight of its occurrences;
# sparse: a column for each id, with its weight, NaN where the row lacks it; embedding: learned vectors.
Encoding = Literal["number", "id", "indicator", "sparse", "embedding"]
Combiner = Literal["sum", "mean", "sqrtn"]


@dataclass(frozen=True)
class Feature:
    """`text` is the item as the statement has it. `tower` is the part of a combined model that reads it."""

    text: str
    tower: Literal["deep", "wide"]
    encoding: Encoding
    source: Numbers | Category
    dimension: int = 0
    combiner: Combiner = "mean"

    @property
    def width(self) -> int:
        """Number of columns of a matrix that it fills."""
        if self.encoding == "embedding":
            return self.dimension
        if isinstance(self.source, Numbers):
            return self.source.width
        return 1 if self.encoding == "id" else self.source.size

    @property
    def category(self) -> Category:
        assert not isinstance(self.source, Numbers)
        return self.source


_KINDS = {
    "numbers": Numbers,
    "bucket": Bucket,
    "identity": Identity,
    "hashed_number": HashedNumber,
    "hashed_text": HashedText,
    "vocabulary": Vocabulary,
    "list": ListOfIds,
    "cross": Cross,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def to_json(feature: Feature) -> dict[str, Any]:
    described = {name: getattr(feature, name) for name in ("text", "tower", "encoding", "dimension", "combiner")}
    return {**described, "source": _source_to_json(feature.source)}


def from_json(described: dict[str, Any]) -> Feature:
    return Feature(**{**described, "source": _source_from_json(described["source"])})


def _source_to_json(source: Numbers | Category) -> dict[str, Any]:
    if isinstance(source, Cross):
        return {"kind": "cross", "size": source.size, "parts": [_source_to_json(part) for part in source.parts]}
    fields = {name: getattr(source, name) for name in source.__dataclass_fields__}
    return {"kind": _NAMES[type(source)], **fields}


def _source_from_json(described: dict[str, Any]) -> Any:
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in described.items() if name != "kind"}
    if described["kind"] == "cross":
        fields["parts"] = tuple(_source_from_json(part) for part in described["parts"])
    return _KINDS[described["kind"]](**fields)
