SELECT * FROM demo.images
SELECT * FROM demo.others
TO RUN millrace/worker CMD "yolo";
