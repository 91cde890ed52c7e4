DESCRIBE MODEL yolov5s classes;
