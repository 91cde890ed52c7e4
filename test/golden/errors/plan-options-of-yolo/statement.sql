SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker
CMD "yolo", "--weights=demo", "--source=/datasets/demo", "--conf-thres=0.3", "--iou-thres=0.5", "--imgsz=640", "--half=1", "--agnostic-nms=1"
INTO demo.found;
