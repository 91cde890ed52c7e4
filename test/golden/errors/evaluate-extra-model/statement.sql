SELECT image_id, file_name
FROM demo.images
TO EVALUATE m n LABEL class INTO t;
