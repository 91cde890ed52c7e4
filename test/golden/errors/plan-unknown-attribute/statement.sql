SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets/demo"
WITH partition = 2, gpus = 1, colour = 'red' INTO demo.detections;
