SELECT * FROM woodcarving
TO MAXIMIZE SUM(x) CONSTRAINT x <= 1, WITH variables = "x" INTO r;
