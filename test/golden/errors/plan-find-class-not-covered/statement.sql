SELECT image_id, file_name FROM coco_val.images
TO FIND kite AND person
WITH image_dir = "/datasets/coco/val2017" INTO coco_val.found;
