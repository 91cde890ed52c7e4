SELECT image_id, file_name FROM coco_val.images
TO FIND car AND person
WITH image_dir = "/datasets/coco/val2017" USING places INTO coco_val.found;
