SELECT * FROM iris.train
TO TRAIN xgboost.gblinear
WITH objective = 'multi:sofmax', max_dept = 3, max_depth = 3, booster = 'dart', eta = -1, subsample = 2
LABEL class INTO m;
