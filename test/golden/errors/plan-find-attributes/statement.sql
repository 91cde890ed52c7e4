SELECT image_id, file_name FROM coco_val.images
TO FIND person
WITH image_dir = "/datasets/coco/val2017", max_cost = 'low', strategy = 'cheap', confidence = 3, model = 'nano', labels = coco_val.absent INTO coco_val.found;
