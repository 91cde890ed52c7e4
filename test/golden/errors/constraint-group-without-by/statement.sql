SELECT * FROM woodcarving
TO MAXIMIZE SUM(x) CONSTRAINT x <= 1 GROUP plants WITH variables = "x" INTO r;
