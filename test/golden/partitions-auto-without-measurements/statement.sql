SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker CMD "detect", "--model=demo", "--image_dir=/datasets/demo"
WITH partitions = 'auto'
INTO demo.found;
