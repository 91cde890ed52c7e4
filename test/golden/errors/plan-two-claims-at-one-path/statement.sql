SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets/demo"
WITH volume = ['a:/datasets', 'b:/datasets/']
INTO demo.new;
