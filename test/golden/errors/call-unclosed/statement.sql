SELECT * FROM woodcarving
TO MAXIMIZE SUM(x WITH v = "x" INTO r;
