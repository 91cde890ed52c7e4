SELECT * FROM `demo.images
TO RUN millrace/worker;
