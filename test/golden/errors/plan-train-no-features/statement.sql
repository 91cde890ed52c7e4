SELECT class FROM iris.train TO TRAIN LinearClassifier LABEL class INTO m;
