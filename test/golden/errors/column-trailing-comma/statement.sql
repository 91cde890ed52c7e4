SELECT image_id, file_name
FROM demo.images
TO TRAIN DNNClassifier COLUMN a, LABEL class INTO m;
