SELECT * FROM iris.train TO TRAIN LinearClassifier LABEL class USING demo INTO m;
