SELECT image_id, file_name
FROM demo.images
TO RUN millrace/worker INTO a.b.c;
