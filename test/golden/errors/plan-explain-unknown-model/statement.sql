SELECT * FROM iris.test TO EXPLAIN sqlflow_models.my_xbg_model INTO iris.explanation;
