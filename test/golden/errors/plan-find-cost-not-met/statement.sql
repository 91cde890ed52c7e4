SELECT image_id, file_name FROM coco_val.images
TO FIND person AND "dining table"
WITH image_dir = "/datasets/coco/val2017", max_cost = 10 INTO coco_val.found;
