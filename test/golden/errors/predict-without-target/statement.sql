SELECT image_id, file_name
FROM demo.images
TO PREDICT USING m;
