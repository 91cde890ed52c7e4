SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker
CMD "detect", "--weights=demo", "--source=/datasets/demo", "--conf-thres=0.3", "--imgsz=384,640", "--agnostic-nms", "--rect",
  "--classes=0, cat", "--max-det=20", "--device=0", "--names=/models/coco.names", "--family=yolo11", "--masks"
INTO demo.found;
