SELECT * FROM iris.train TO TRAIN LinearClassifier WITH validation.select = "DELETE FROM iris.test" LABEL class INTO m;
