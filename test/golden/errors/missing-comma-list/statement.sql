SELECT image_id, file_name
FROM demo.images
TO TRAIN DNNClassifier
WITH model.hidden_units = [10 20]
INTO my_model;
