SELECT * FROM iris.train TO TRAIN xgboost.gbtree WITH objective = 'multi:softprob' COLUMN EMBEDDING(CATEGORY_ID(petal_width, 4), 2) LABEL class INTO m;
