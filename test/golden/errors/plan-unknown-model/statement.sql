SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker CMD "yolo", "--model=demoo", "--image_dir=/datasets/demo" INTO demo.detections;
