"""Iris, breast cancer and diabetes, as scikit-learn has them."""

from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris

Rows = dict[str, Any]


def _rows(found: Any, label: str, named: bool) -> Rows:
    columns: Rows = {
        str(name).replace(" (cm)", "").replace(" ", "_"): found.data[:, place] for place, name in enumerate(found.feature_names)
    }
    columns[label] = [str(found.target_names[each]) for each in found.target] if named else found.target.astype(np.float64)
    return columns


def iris(named: bool = True) -> Rows:
    return _rows(load_iris(), "y", named)


def cancer(named: bool = False) -> Rows:
    return _rows(load_breast_cancer(), "y", named)


def diabetes() -> Rows:
    return _rows(load_diabetes(), "y", False)


def split(rows: Rows) -> tuple[Rows, Rows]:
    """Four fifths and one fifth, at random with a fixed seed."""
    count = len(rows["y"])
    order = np.random.default_rng(7).permutation(count)
    parts = order[: count * 4 // 5], order[count * 4 // 5 :]
    first, second = ({name: np.array(values)[part].tolist() for name, values in rows.items()} for part in parts)
    return first, second
