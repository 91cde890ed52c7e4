SELECT * FROM iris.test
TO EXPLAIN sqlflow_models.my_xgb_model
WITH write_mode = 'overwrite', summary.plot_type = 'waterfall';
