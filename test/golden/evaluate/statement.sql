SELECT image_id, file_name FROM demo.images
TO EVALUATE yolov5s
WITH image_dir = "/datasets/demo", partitions = 4, gpu = 1, iou = 0.6, classes = ["cat", "dog"], working_confidence = 0.4
LABEL ground_truth
INTO demo.evaluation;

SELECT image_id, file_name FROM demo.images
TO EVALUATE "/models/resnet18.onnx"
WITH image_dir = "/datasets/demo", write_mode = 'append'
LABEL demo.species
INTO demo.evaluation_of_species;
