SELECT * FROM iris.train TO TRAIN LinearClassifier WITH validation.select = "SELECT petal_width FROM iris.test" LABEL class INTO m;
