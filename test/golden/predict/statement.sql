SELECT * FROM iris.test
TO PREDICT iris.predict.class
WITH partitions = 4, predict.probabilities = TRUE, write_mode = 'overwrite'
USING sqlflow_models.my_model;
