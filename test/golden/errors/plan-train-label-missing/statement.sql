SELECT * FROM iris.train TO TRAIN DNNRegressor INTO m;
