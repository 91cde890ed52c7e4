SELECT * FROM iris.train
TO TRAIN DNNClassifier
COLUMN petal_lenght, class, BUCKET(sepal_length, [3, 2]), EMBEDING(sepal_width, 3), CATEGORY_ID(sepal_width, 10), EMBEDDING(CATEGORY_ID(sepal_width, 10), 8, avg),
  1 + 2, CROSS([sepal_width], 10), DENSE(sepal_length, 4, comma, float, 5), petal_width, petal_width
LABEL klass INTO m;
