SELECT image_id, file_name
FROM demo.images
TO TRAIN WITH a = 1 INTO m;
