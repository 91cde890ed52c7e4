SET MODEL yolov5s 3;
