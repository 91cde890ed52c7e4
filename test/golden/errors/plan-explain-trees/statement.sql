SELECT * FROM iris.test TO EXPLAIN sqlflow_models.my_model USING TreeExplainer INTO iris.explanation;
