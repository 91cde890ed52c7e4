SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker CMD "yolo", "model=demo", "--modle=demo", "--iou=1.5", "--iou=0.5", "--max_detections=2.5",
  "--image_dir=datasets", "--device=tpu", "--image_size="
INTO demo.detections;
