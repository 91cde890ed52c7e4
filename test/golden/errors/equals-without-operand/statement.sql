SELECT * FROM woodcarving
TO MAXIMIZE SUM(x) CONSTRAINT x = , y = 1 WITH v = "x" INTO r;
