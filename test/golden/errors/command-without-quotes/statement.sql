SELECT image_id, file_name
FROM demo.images
TO RUN millrace/worker CMD run_yolov5.py INTO r;
