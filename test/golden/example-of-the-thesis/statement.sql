SELECT * FROM coco_val.images ORDER BY image_id TO RUN hebafer/yolov5-sqlflow:latest CMD "run_yolov5.py",
"--dataset=coco_val", "--model=yolov5s", "--image_dir=/datasets/coco/val/val2017" INTO result_table;
