SHOW TRAIN my_dnn_classifier_model;
show train sqlflow_models.m; select 1
