SELECT * FROM iris.test
TO EXPLAIN sqlflow_models.my_xgb_model
WITH summary.plot_type = "bar", summary.sort = True, write_mode = 'overwrite'
USING TreeExplainer
INTO iris.explanation;

SELECT * FROM iris.test LIMIT 10
TO EXPLAIN sqlflow_models.my_model
WITH explain.samples = 200, explain.background = 20, seed = 3, cpu = 2
INTO iris.network_explanation;

SELECT * FROM iris.test
TO EXPLAIN sqlflow_models.my_xgb_model
WITH shap_summary.plot_type = violin, summary.sort = False, summary.max_display = 3, summary.alpha = 0.5, label_col = class;
