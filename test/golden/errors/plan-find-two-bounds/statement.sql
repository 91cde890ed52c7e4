SELECT image_id, file_name FROM coco_val.images
TO FIND person
WITH image_dir = "/datasets/coco/val2017", max_cost = 10, min_accuracy = 0.9 INTO coco_val.found;
