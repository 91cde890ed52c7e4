SELECT * FROM coco_val.images ORDER BY image_id
TO RUN millrace/worker CMD "yolo", "--model=/models/best.onnx", "--image_dir=/datasets/coco", "--batch=8"
WITH batch_size = 4 INTO t;
