SELECT image_id, file_name FROM coco_val.images
TO FIND kite OR person >= 2
WITH image_dir = "/datasets/coco/val2017", min_accuracy = 0.4, strategy = "basic", batch_size = 8, reuse = false
USING aerial, nano
INTO coco_val.kites;
