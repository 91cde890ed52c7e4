SELECT image_id, file_name
FROM demo.images
TO RUN millrace/worker
INTO first_table second_table;
