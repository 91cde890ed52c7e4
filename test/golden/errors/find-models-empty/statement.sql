SELECT * FROM images
TO FIND cat USING INTO found;
