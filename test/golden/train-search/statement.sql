SELECT * FROM criteo.train
TO TRAIN DNNClassifier
WITH model.hidden_units = CHOICE([256, 128], [64, 32]), optimizer.learning_rate = LOGUNIFORM(0.0001, 0.1), train.batch_size = CHOICE(32, 64),
  train.epoch = 9, validation.select = "SELECT * FROM criteo.valid", search.metric = 'auc', search.trials = 16, exec.workers = 4
LABEL click
USING asha
INTO models.ctr;
