SELECT * FROM images
TO FIND cat USING yolov5s, INTO found;
