SELECT image_id, file_name FROM demo.images
TO EVALUATE yolov5s
WITH image_dir = '/datasets/demo', confidense = 0.1, masks = TRUE, iou = 7
LABEL demo.ground_truth
INTO demo.evaluation;
