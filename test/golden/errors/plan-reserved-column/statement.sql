SELECT file_name, score FROM demo.images
TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets/demo" INTO demo.detections;
