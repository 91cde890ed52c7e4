SELECT *
FROM coco_val.images
TO RUN hebafer/yolov5-sqlflow:latest
  CMD "run_yolov5.py",
    "--dataset=coco_val" "--model=yolov5s"
INTO result_table;
