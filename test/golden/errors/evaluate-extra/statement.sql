SELECT image_id, file_name
FROM demo.images
TO EVALUATE m LABEL class INTO t u;
