SELECT * FROM iris.train TO TRAIN LinearClassifier WITH validation.select = 3 LABEL class INTO m;
