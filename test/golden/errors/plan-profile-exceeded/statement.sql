SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker CMD "detect", "--model=demo", "--image_dir=/datasets/demo"
WITH profile = 'a100-mig', gpu = 4, memory = '16Gi', cpu = 9
INTO demo.found;
