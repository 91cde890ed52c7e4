SELECT image_id, width FROM demo.images
TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets/demo" INTO demo.detections;
