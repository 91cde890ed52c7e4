SELECT * FROM coco_val.images ORDER BY image_id TO RUN team/image CMD "run.sh" WITH batch_size = 4, commit_rows = 9 INTO t;
