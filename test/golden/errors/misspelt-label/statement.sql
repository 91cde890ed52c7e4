SELECT image_id, file_name
FROM demo.images
TO TRAIN DNNClassifier WITH model.n_classes = 3 LABLE class INTO m;
