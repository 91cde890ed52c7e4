SELECT * FROM woodcarving
TO MAXIMIZE SUM(x) CONSTRAINT WITH variables = "x" INTO r;
