SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets/demo"
WITH node_selector = ['zone=a', 'zone=b']
INTO demo.new;
