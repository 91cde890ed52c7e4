"""XGBoost without scikit-learn.

XGBoost imports scikit-learn if it finds it, as the base of classes that are not used here: two thirds of the start of a job."""

import sys

if "sklearn" in sys.modules:
    import xgboost
else:
    # Python's mark of a module that cannot be imported: https://docs.python.org/3/reference/import.html#the-module-cache
    sys.modules["sklearn"] = None  # type: ignore[assignment]
    try:
        import xgboost
    finally:
        del sys.modules["sklearn"]

__all__ = ["xgboost"]
