SELECT * FROM coco_val.images
TO RUN hebafer/yolov5-sqlflow-variation:latest
  CMD "run_yolov5_variation.py",
    "--dataset=coco_val",
    "--image_dir=/datasets/coco/val/val2017",
    "--repository=ultralytics/yolov5",
    "--model=yolov5s",
    "--latency=50",
    "--accuracy=0.75",
   "--class_coverage=1,2,3,4,5"
INTO result_table;
