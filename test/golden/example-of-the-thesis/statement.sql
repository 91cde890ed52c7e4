SELECT * FROM coco_val.images
ORDER BY images.image_id ASC
TO RUN hebafer/yolov5-sqlflow:latest
  CMD "run_yolov5.py",
    "--dataset=coco_val",
    "--image_dir=/datasets/coco/val/val2017",
    "--repository=ultralytics/yolov5",
    "--model=yolov5s"
INTO result_table;
