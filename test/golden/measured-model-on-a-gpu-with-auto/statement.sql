SELECT image_id, file_name FROM demo.measured
TO RUN millrace/worker CMD "detect", "--model=measured", "--image_dir=/datasets/demo"
WITH gpu = 1, partitions = 'auto', batch_size = 'auto'
INTO demo.found;
