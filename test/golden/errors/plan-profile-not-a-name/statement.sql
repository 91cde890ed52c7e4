SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker CMD "detect", "--model=demo", "--image_dir=/datasets/demo"
WITH profile = 7, pending_timeout = 'soon'
INTO demo.found;
