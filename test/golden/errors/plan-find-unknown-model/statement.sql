SELECT image_id, file_name FROM coco_val.images
TO FIND person
WITH image_dir = "/datasets/coco/val2017" USING nanno INTO coco_val.found;
