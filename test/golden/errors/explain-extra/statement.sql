SELECT image_id, file_name
FROM demo.images
TO EXPLAIN m INTO t u;
