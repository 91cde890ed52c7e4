CREATE MODEL cups LIKE yolov5s 5;
