INSERT INTO t SELECT * FROM demo.images
TO RUN millrace/worker CMD "yolo";
