SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker CMD "detect", "--model=demo", "--image_dir=/datasets/demo"
WITH profile = 'a100-mig', partitions = 8, cpu = 2, node_selector = 'disk=fast'
INTO demo.found;
SELECT image_id, file_name FROM demo.images
TO RUN team/detector:2 CMD "detect.py"
WITH profile = 'amd', gpu = 1, pending_timeout = '10m'
INTO demo.theirs;
CREATE MODEL mine FROM '/models/mine.onnx' WITH profile = 'a100-mig';
