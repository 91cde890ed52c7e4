SELECT image_id, file_name FROM demo.uncounted
TO RUN millrace/worker CMD "detect", "--model=measured", "--image_dir=/datasets/demo", "--latency=80"
WITH partitions = 'auto'
INTO demo.found;
