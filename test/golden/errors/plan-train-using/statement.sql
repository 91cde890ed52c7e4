SELECT * FROM iris.train TO TRAIN LinearClassifier LABEL class USING chrun INTO m;
