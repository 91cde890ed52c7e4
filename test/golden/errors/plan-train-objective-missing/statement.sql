SELECT * FROM iris.train TO TRAIN xgboost.dart WITH rate_drop = 0.1 LABEL class INTO m;
