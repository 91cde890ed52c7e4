SELECT image_id, file_name FROM demo.images
TO EVALUATE yolov5s
WITH image_dir = '/datasets/demo'
LABEL speces
INTO demo.evaluation;
