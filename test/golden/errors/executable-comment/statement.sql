SELECT image_id, file_name
FROM demo.images
TO RUN millrace/worker /*!80000 CMD "yolo" */;
