SELECT image_id, file_name FROM demo.measured
TO RUN millrace/worker CMD "detect", "--model=measured", "--image_dir=/datasets/demo"
WITH partitions = 2, parallelism = 2
INTO demo.found;
