SELECT image_id, file_name
FROM demo.images
TO RUN millrace/worker
WITH partitions = 2 gpu = 1
INTO demo.detections;
