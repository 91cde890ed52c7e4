SELECT image_id, file_name
FROM demo.images
TO TRIAN DNNClassifier INTO m;
