SELECT * FROM coco_val.images ORDER BY image_id
TO RUN millrace/worker CMD "yolo", "--model=yolov5s", "--image_dir=/datasets/coco/val2017" WITH partitions = 8, gpu = 1
INTO result_table;
