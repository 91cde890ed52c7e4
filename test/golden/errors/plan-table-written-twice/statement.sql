SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets/demo" INTO demo.detections;
SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker CMD "yolo", "--model=yolov5s", "--image_dir=/datasets/demo" INTO demo.detections;
