SELECT a.file_name, b.file_name FROM demo.images a JOIN demo.images b USING (image_id)
TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets/demo" INTO demo.detections;
