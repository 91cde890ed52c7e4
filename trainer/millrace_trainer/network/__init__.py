"""Linear models, multi-layer perceptrons and their combination, on numpy."""
