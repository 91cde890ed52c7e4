SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker
CMD "detect", "--model=demo", "--image_dir=/datasets/demo", "--latency=-1", "--accuracy=75", "--class-coverage=1,,2"
INTO demo.found;
