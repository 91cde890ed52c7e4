SELECT * FROM woodcarving
TO MAXIMIZE SUM(x) CONSTRAINT x <= 1 GROUP BY WITH variables = "x" INTO r;
