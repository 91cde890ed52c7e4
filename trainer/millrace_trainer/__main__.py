"""`python -m millrace_trainer FOLDER [--resident]`."""

import sys

from .processor import fix_arithmetic

# Before numpy is imported: OpenBLAS and OpenMP read the environment once, when they are loaded.
fix_arithmetic()

from .program import run  # noqa: E402

if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
