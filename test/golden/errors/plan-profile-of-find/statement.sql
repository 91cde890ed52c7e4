SELECT image_id, file_name FROM coco_val.images
TO FIND kite OR person >= 2
WITH image_dir = "/datasets/coco/val2017", profile = 'a100-mgi', gpu = 1
INTO coco_val.kites;
