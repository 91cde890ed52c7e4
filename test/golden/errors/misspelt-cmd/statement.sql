SELECT image_id, file_name
FROM demo.images
TO RUN millrace/worker CDM "yolo" INTO r;
