"""Fixes what numpy's results depend on besides its input, so that the same job gives the same bits on every node."""

import os
import platform
from pathlib import Path


def fix_arithmetic() -> None:
    """Sets one thread for linear algebra, and kernels that every x86-64 processor since 2013 has. XGBoost gets its threads from the job."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    if _has_avx2():
        # OpenBLAS chooses its kernels by the processor, and they differ in the last bit: https://github.com/OpenMathLib/OpenBLAS#setting-the-number-of-threads-using-environment-variables
        os.environ.setdefault("OPENBLAS_CORETYPE", "Haswell")


def _has_avx2() -> bool:
    if platform.machine() != "x86_64":
        return False
    try:
        return " avx2 " in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
