SELECT image_id, file_name
FROM demo.images
TO EXPLAIN my_model INTO;
