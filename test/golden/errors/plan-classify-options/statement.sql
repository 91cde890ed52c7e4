SELECT image_id, file_name FROM demo.images
TO RUN millrace/worker
CMD "classify", "--model=demo", "--image_dir=/datasets/demo", "--iou=0.5", "--confidence=0.3", "--top=0", "--activation=sigmoid"
INTO demo.classes;

SELECT image_id, file_name AS score, image_id AS class_rank FROM demo.images
TO RUN millrace/worker CMD "classify", "--image_dir=/datasets/demo", "--image_column=score"
INTO demo.others;
