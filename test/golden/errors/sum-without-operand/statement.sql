SELECT * FROM woodcarving
TO MAXIMIZE a + WITH v = "x" INTO r;
