SELECT * FROM iris.test
TO EXPLAIN sqlflow_models.my_xgb_model
WITH summary.plot_sise = 3, explain.samples = 100, partitions = 2, explain.backgrund = 3, gpu = 1
INTO iris.explanation;
