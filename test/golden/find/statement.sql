SELECT image_id, file_name FROM coco_val.images
TO FIND person AND (dog OR "dining table") AND NOT car
WITH image_dir = "/datasets/coco/val2017", max_cost = 40, labels = coco_val.annotations, partitions = 2
INTO coco_val.found;
