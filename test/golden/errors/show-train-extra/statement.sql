SHOW TRAIN my_dnn_classifier_model bad;
