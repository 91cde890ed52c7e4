SELECT * FROM coco_val.images ORDER BY image_id
TO RUN millrace/worker:1.2@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
CMD "yolo", "--model=/models/own/best.onnx", "--image_dir=/datasets/coco", "--image-column=FILE_NAME", "--confidence=0.4",
    "--iou=0.6", "--max_detections=100", "--image_size=640", "--device=auto"
WITH partitions = 'auto', partition_by = 'camera', pods = 3, parallelism = 4, gpu = 2, cpu = 1.5, memory = '4Gi', batch_size = 64, commit_rows = 500,
     max_failed_rows = 10, retries = 5, timeout = '1h30m', write_mode = 'append', priority = -5,
     volume = ['datasets:/datasets:rw', 'scratch-space:/scratch'], node_selector = ['zone=a', 'gpu.vendor/model=h100']
INTO `my db`.`re``sults`;
