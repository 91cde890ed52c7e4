SELECT * FROM images
TO FIND WITH max_cost = 5 INTO found;
