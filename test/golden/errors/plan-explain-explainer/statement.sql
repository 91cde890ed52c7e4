SELECT * FROM iris.test TO EXPLAIN sqlflow_models.my_xgb_model USING TreExplainer INTO iris.explanation;
