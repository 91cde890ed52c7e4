SELECT id, CONCAT('a very long expression that has no alias and is longer than sixty four characters', id), file_name FROM demo.images
TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets"
INTO demo.found;
