SELECT * FROM iris.train
TO TRAIN DNNClassifier
WITH optimizer.learning_rate = UNIFORM(0.01, 0.1), validation.select = "SELECT * FROM iris.test", exec.workers = 1000
LABEL class
USING random
INTO m1;
SELECT * FROM iris.train
TO TRAIN DNNClassifier
WITH optimizer.learning_rate = UNIFORM(0.01, 0.1), validation.select = "SELECT * FROM iris.test", exec.workers = 1000
LABEL class
USING random
INTO m2;
SELECT * FROM iris.train
TO TRAIN DNNClassifier
WITH optimizer.learning_rate = UNIFORM(0.01, 0.1), validation.select = "SELECT * FROM iris.test", exec.workers = 1000
LABEL class
USING random
INTO m3;
SELECT * FROM iris.train
TO TRAIN DNNClassifier
WITH optimizer.learning_rate = UNIFORM(0.01, 0.1), validation.select = "SELECT * FROM iris.test", exec.workers = 1000
LABEL class
USING random
INTO m4;
