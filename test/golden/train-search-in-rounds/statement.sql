SELECT * FROM criteo.train
TO TRAIN DNNClassifier
WITH optimizer.learning_rate = CHOICE(0.001, 0.01, 0.1), train.epoch = 5, validation.select = "SELECT * FROM criteo.valid",
  exec.workers = 2, exec.scheduler = 'sync', exec.cache = FALSE
LABEL click
USING grid
INTO models.ctr;
