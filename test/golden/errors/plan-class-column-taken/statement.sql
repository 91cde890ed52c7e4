SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker
CMD "yolo", "--model=demo", "--image_dir=/datasets/demo", "--output=scores", "--class_names=image_id,dog"
INTO demo.scores;
