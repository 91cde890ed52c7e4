SELECT * FROM iris.train
TO TRAIN millrace/trainer/DNNClassifier
WITH gpu = 1
LABEL class
INTO m;
