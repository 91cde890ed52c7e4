SELECT * FROM woodcarving
TO MAXIMIZE SUM(x) CONSTRAINT x <= WITH v = "x" INTO r;
