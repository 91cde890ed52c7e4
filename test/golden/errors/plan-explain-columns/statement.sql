SELECT petal_width, 1 AS petal_lenght, 2 AS feature FROM iris.test TO EXPLAIN sqlflow_models.my_xgb_model INTO iris.explanation;
