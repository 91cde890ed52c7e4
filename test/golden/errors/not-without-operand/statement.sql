SELECT * FROM woodcarving
TO MAXIMIZE NOT WITH v = "x" INTO r;
