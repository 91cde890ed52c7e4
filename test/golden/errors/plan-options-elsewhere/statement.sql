SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker
CMD "detect", "--model=demo", "--image_dir=/datasets/demo", "--augment", "--batch=8", "--dataset=coco", "--class_coverage=1,2",
  "--write_mode=append", "--conf=0.3", "--confidence=0.4", "--imgsz=640x", "--masks=perhaps", "--classes=cat,,dog",
  "--classes_file=names.txt", "--family=yolo5", "--confindence=1", "--iou"
INTO demo.found;
