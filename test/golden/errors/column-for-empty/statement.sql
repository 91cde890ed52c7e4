SELECT image_id, file_name
FROM demo.images
TO TRAIN DNNClassifier COLUMN a FOR LABEL class INTO m;
