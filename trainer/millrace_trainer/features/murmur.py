"""MurmurHash3 (x86, 32 bits, seed 0), as onnxruntime's operator MurmurHash3 computes it.

https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp"""

import numpy as np

from ..table import Integers

_MASK = 0xFFFFFFFF


def hash_text(text: str) -> int:
    """Hash of the text's UTF-8 bytes."""
    data = text.encode("utf-8")
    whole = len(data) - len(data) % 4
    state = 0
    for start in range(0, whole, 4):
        state = _mixed(state, int.from_bytes(data[start : start + 4], "little"))
    if whole < len(data):
        state ^= _scrambled(int.from_bytes(data[whole:], "little"))
    return _finished(state ^ len(data))


def _scrambled(block: int) -> int:
    block = block * 0xCC9E2D51 & _MASK
    block = (block << 15 | block >> 17) & _MASK
    return block * 0x1B873593 & _MASK


def _mixed(state: int, block: int) -> int:
    state ^= _scrambled(block)
    state = (state << 13 | state >> 19) & _MASK
    return (state * 5 + 0xE6546B64) & _MASK


def _finished(state: int) -> int:
    state ^= state >> 16
    state = state * 0x85EBCA6B & _MASK
    state ^= state >> 13
    state = state * 0xC2B2AE35 & _MASK
    return state ^ state >> 16


def hash_integers(values: Integers) -> Integers:
    """Hash of each number's eight bytes, little-endian."""
    blocks = np.ascontiguousarray(values, "<i8").view("<u4").reshape(*values.shape, 2).astype(np.uint64)
    mask = np.uint64(_MASK)

    def rotated(word: np.ndarray, by: int) -> np.ndarray:
        return (word << np.uint64(by) | word >> np.uint64(32 - by)) & mask

    def times(word: np.ndarray, factor: int) -> np.ndarray:
        return word * np.uint64(factor) & mask

    state = np.zeros(values.shape, np.uint64)
    for each in (blocks[..., 0], blocks[..., 1]):
        state ^= times(rotated(times(each, 0xCC9E2D51), 15), 0x1B873593)
        state = times(rotated(state, 13), 5) + np.uint64(0xE6546B64) & mask
    state ^= np.uint64(8)
    state = times(state ^ state >> np.uint64(16), 0x85EBCA6B)
    state = times(state ^ state >> np.uint64(13), 0xC2B2AE35)
    return (state ^ state >> np.uint64(16)).astype(np.int64)
