SELECT image_id, file_name
FROM demo.images
TO TRAIN DNNClassifier
COLUMN sepal_length bucketize(petal_length, 10)
LABEL class
INTO my_model;
