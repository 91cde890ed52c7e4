-- Example 3.2 of the thesis
SELECT * FROM coco_val.images
ORDER BY images.image_id ASC
TO RUN hebafer/yolov5-sqlflow:latest
  CMD "run_yolov5.py",
    "--dataset=coco_val",
    '--image_dir=/datasets/coco/val/val2017'
INTO result_table;

select a from b to run a_data_scientist/ts_data_processor:1.0;
SELECT a FROM b TO RUN c CMD "process_with_two_output_tables" INTO output_table_1, db.output_table_2;
SELECT a FROM b TO RUN localhost:5000/x/y@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef WITH partitions='auto', gpu=1, timeout=+.5 INTO `my db`.`my table`
