"""Kernel SHAP with paired samples: https://arxiv.org/abs/1705.07874, Theorem 2; pairs: https://arxiv.org/abs/2012.01536."""

from collections.abc import Callable
from itertools import product
from math import comb
from typing import Any

import numpy as np

from .table import Doubles

# Up to this number of features all masks are used, and the values are exact.
EXACT = 9


def kernel_shap(
    value: Callable[[Any], Doubles], base: Doubles, whole: Doubles, features: int, samples: int, generator: np.random.Generator
) -> Doubles:
    """[outputs, features], which add up to `whole - base`. `value` gives the mean prediction of each mask [masks, features]."""
    total = whole - base
    if features == 1:
        return total.reshape(-1, 1)
    masks, weights = _all_masks(features) if features <= EXACT else _sampled_masks(features, samples, generator)
    gains = value(masks) - base
    # The last value is what the others leave of the total, so the sum is kept.
    design = masks[:, :-1].astype(np.float64) - masks[:, -1:]
    target = gains - masks[:, -1:] * total
    weighted = design * weights.reshape(-1, 1)
    solved = np.linalg.lstsq(weighted.T @ design, weighted.T @ target, rcond=None)[0]
    return np.concatenate([solved, (total - solved.sum(axis=0)).reshape(1, -1)]).T


def _all_masks(features: int) -> tuple[Any, Doubles]:
    masks = np.array([mask for mask in product([False, True], repeat=features) if 0 < sum(mask) < features])
    sizes = masks.sum(axis=1)
    return masks, np.array([(features - 1) / (comb(features, size) * size * (features - size)) for size in sizes.tolist()])


def _sampled_masks(features: int, samples: int, generator: np.random.Generator) -> tuple[Any, Doubles]:
    """Masks drawn by their weight, each with its complement."""
    sizes = np.arange(1, features)
    chances = 1 / (sizes * (features - sizes))
    drawn = generator.choice(sizes, max(features, samples // 2), p=chances / chances.sum())
    order = generator.permuted(np.tile(np.arange(features), (len(drawn), 1)), axis=1)
    masks = order < drawn.reshape(-1, 1)
    both = np.concatenate([masks, ~masks])
    return both, np.ones(len(both))
