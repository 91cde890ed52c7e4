SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets/demo"
WITH volume = ['more: /more//pictures/ :rw', 'set.of-claims:/datasets/'], node_selector = 'example.com/zone = a'
INTO demo.new;
