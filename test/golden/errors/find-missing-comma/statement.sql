SELECT * FROM images
TO FIND cat USING yolov5s yolov5n INTO found;
