SELECT petal_length, name AS petal_width FROM iris.test TO PREDICT predicted USING sqlflow_models.my_model;
