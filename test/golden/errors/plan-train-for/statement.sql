SELECT * FROM iris.train
TO TRAIN DNNLinearCombinedClassifier
COLUMN petal_length
COLUMN petal_width FOR dnn_features
LABEL class INTO m;
