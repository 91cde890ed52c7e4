TO RUN millrace/worker CMD "yolo" INTO r;
