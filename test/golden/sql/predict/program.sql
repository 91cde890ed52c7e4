SELECT * FROM iris.test TO PREDICT iris.predict.class USING sqlflow_models.my_dnn_model;
SELECT * FROM t TO PREDICT output_table.group_id USING localhost:50056/sqlflow_models.iris:v0.1;
select 1 to predict p with predict.batch_size=32, verbose=True using m
