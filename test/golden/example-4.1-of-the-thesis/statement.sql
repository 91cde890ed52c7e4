SELECT * FROM images.coco_test
WHERE image_id BETWEEN 1 AND 290580
TO RUN hebafer/yolov5-sqlflow:latest
CMD "run_yolov5.py",
    "--dataset=coco_test",
    "--image_dir=/datasets/coco/test/test2017",
    "--model=yolov5s",
    "--write_mode=append",
    "--batch_size=32"
INTO result;
