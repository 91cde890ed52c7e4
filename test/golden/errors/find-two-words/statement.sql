SELECT * FROM images
TO FIND dining table AND person INTO found;
