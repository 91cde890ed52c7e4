SELECT * FROM woodcarving
TO MAXIMIZE WITH variables = "x" INTO r;
