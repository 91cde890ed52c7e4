SELECT * FROM iris.train
TO TRAIN DNNClassifier
WITH model.n_clases = 3, model.hidden_units = [0], train.epoch = 1.5, train.epochs = 3, optimizer.beta_1 = 0.5, model.optimizer = 'Adan',
  model.dropout = TRUE, train.early_stopping_epochs = 3, gpu = 1, validation.metrics = 'Acuracy'
LABEL class INTO m;
