SELECT * FROM coco_val.images ORDER BY image_id TO RUN team/image INTO t;
