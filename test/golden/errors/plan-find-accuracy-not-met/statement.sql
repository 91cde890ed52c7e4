SELECT image_id, file_name FROM coco_val.images
TO FIND person AND dog
WITH image_dir = "/datasets/coco/val2017", min_accuracy = 0.99 INTO coco_val.found;
