SELECT image_id, file_name
FROM demo.images
TO TRAIN DNNClassifier COLUMN bucketize(a, ) INTO m;
