CREATE TABLE demo.cats AS SELECT image_id, file_name FROM demo.images;
SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker CMD 'yolo', '--model=demo', '--image_dir=/datasets/demo' INTO demo.all_things;
SELECT image_id, file_name FROM demo.cats
TO RUN millrace/worker CMD 'yolo', '--model=yolov5s', '--image_dir=/datasets/demo' INTO demo.cat_things;
SELECT COUNT(*) FROM demo.all_things JOIN demo.cat_things USING (image_id);
SET @seen = 1;
SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker CMD 'yolo', '--model=yolov5s', '--image_dir=/datasets/demo' INTO demo.more_things;
INSERT INTO demo.log SELECT * FROM demo.summary;
