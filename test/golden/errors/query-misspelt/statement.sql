SELEC * FROM demo.images
TO RUN millrace/worker CMD "yolo" INTO found;
