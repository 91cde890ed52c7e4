SELECT * FROM iris.train TO TRAIN LinearClassifier LABEL class INTO `my model`;
