SELECT image_id, file_name FROM coco_val.images
TO FIND beach >= 2
WITH image_dir = "/datasets/coco/val2017" INTO coco_val.found;
