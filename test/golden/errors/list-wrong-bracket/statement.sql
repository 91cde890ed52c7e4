SELECT image_id, file_name
FROM demo.images
TO TRAIN e WITH v = [) INTO m;
