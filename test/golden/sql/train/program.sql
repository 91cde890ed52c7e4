SELECT * FROM iris.train
TO TRAIN DNNClassifier  -- comment 1
WITH -- comment 2
	model.hidden_units=[16, 32], -- comment 3
	model.n_classes=3 /* comment
4 */
LABEL class --
INTO my_dnn_classifier;
-- comment 5

SELECT * FROM t TO TRAIN test/my_repo:v1.0/DNNClassifier
COLUMN employee.name, bucketize(last_name, 1000), cross(embedding(employee.name), bucketize(last_name, 1000)),
  concat(",", employee.col1, employee.col2), concat(',', employee.col1)
COLUMN cross([c1, c2], 10), *, DENSE(c3, none, comma) FOR C2
LABEL "employee.salary"
USING sqlflow_models.old_model
INTO sqlflow_models.my_dnn_model;

select 1 to train kmeans into m;
select 1 to train xgboost.gbtree with objective=multi:softmax, eta=0.1, validation_dataset="select * from d;" into m
