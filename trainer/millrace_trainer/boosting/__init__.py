"""XGBoost: every booster and objective."""
