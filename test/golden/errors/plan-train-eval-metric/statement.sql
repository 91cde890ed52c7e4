SELECT * FROM iris.train
TO TRAIN xgboost.gbtree
WITH objective = multi:softprob, eval_metric = ['merror', 'mlogloss', 'ndcg@5-', 'eror']
COLUMN "f.*|g"
LABEL class INTO m;
