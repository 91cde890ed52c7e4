SELECT image_id, file_name
FROM demo.images
TO TRAIN DNNClassifier LABEL INTO m;
