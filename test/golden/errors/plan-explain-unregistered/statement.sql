SELECT * FROM iris.test TO EXPLAIN yolov5s INTO iris.explanation;
