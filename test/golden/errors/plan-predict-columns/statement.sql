SELECT petal_width AS petal_wdith, 5 AS petal_length FROM iris.test TO PREDICT predicted USING sqlflow_models.my_model;
