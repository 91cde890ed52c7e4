SELECT image_id, file_name
FROM demo.images
TO EVALUATE my_model LABEL class;
