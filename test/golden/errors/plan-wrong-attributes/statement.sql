SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker CMD "yolo", "--model=demo", "--image_dir=/datasets/demo"
WITH partitions = 0, partition_by = 3, parallelism = 'many', gpu = -1, cpu = 0, memory = '4 GB', batch_size = 1.5, commit_rows = 0,
  max_failed_rows = -1, retries = 101, timeout = 'soon', write_mode = 'replace', volume = '/datasets', priority = 0.5,
  node_selector = 'zone'
INTO demo.detections;
