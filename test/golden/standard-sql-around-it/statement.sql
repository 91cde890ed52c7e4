-- yesterday's results go
DROP TABLE IF EXISTS demo.old;
SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker CMD 'yolo', '--model=demo', '--image_dir=/datasets/demo'
WITH write_mode = 'overwrite', partitions = 1000, parallelism = 4
INTO demo.old;
SELECT class_name, COUNT(*) AS times FROM demo.old GROUP BY class_name /* most first */ ORDER BY times DESC
