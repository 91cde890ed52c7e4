SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker CMD "detect", "--model=demo", "--image_dir=/datasets/demo"
WITH partitions = 2, profile = 'a100mig'
INTO demo.found;
