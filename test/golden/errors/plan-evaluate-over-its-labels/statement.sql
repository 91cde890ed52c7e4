SELECT image_id, file_name FROM demo.images
TO EVALUATE yolov5s
WITH image_dir = '/datasets/demo', write_mode = 'overwrite'
LABEL demo.ground_truth
INTO demo.ground_truth;
