SELECT image_id, file_name FROM coco_val.images
TO FIND person + dog > 3 OR car >= 1.5
WITH image_dir = "/datasets/coco/val2017" INTO coco_val.found;
