"""SQLFlow's feature columns: as numbers for training, and as nodes of the model's graph for prediction."""
