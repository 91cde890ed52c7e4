SELECT * FROM woodcarving
TO MAXIMIZE SUM(] WITH v = "x" INTO r;
