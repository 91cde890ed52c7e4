SELECT * FROM iris.train
TO TRAIN AutoClassifier
WITH validation.select = "SELECT * FROM iris.test", search.trials = 6
LABEL class
INTO best_iris;
