SELECT * FROM iris.test
TO PREDICT iris.predict.class
WITH predict.batch_size = 2, predict.probabilites = TRUE, gpu = 1, predict.probabilities = 'yes'
USING sqlflow_models.my_model;
