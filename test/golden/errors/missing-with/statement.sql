SELECT * FROM woodcarving
TO MINIMIZE SUM(amount) INTO r;
