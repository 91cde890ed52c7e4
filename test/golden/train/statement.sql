SELECT * FROM iris.train
TO TRAIN DNNClassifier
WITH model.n_classes = 3, model.hidden_units = [16, 32], model.optimizer = 'AdamOptimizer', optimizer.beta_1 = 0.8, train.epoch = 20,
  train.batch_size = 8, train.early_stopping_epochs = 3, validation.select = "SELECT * FROM iris.test", validation.metrics = "Accuracy,AUC", seed = 7
COLUMN *, INDICATOR(BUCKET(petal_length, [2.5, 4.9])), EMBEDDING(CROSS([BUCKET(sepal_length, [5, 6]), BUCKET(sepal_width, [3])], 100), 4, sum)
LABEL class
INTO sqlflow_models.my_dnn_model;
