SELECT * FROM images
TO FIND cat OR dog INTO found, others;
