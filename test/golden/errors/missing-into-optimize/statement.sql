SELECT * FROM woodcarving
TO MAXIMIZE SUM(amount) WITH variables = "amount" USING glpk;
