SELECT * FROM images
TO FIND cat AND NOT dog WITH max_cost = 5 USING yolov5s, yolov5n;
