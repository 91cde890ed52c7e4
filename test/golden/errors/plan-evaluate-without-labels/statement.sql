SELECT image_id, file_name FROM demo.images
TO EVALUATE yolov5s
WITH image_dir = '/datasets/demo'
LABEL demo.absent
INTO demo.evaluation;
