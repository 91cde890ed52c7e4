SELECT image_id, file_name
FROM demo.images
TO RUN millrace/worker CMD "yolo" INTO r TO PREDICT p USING m;
