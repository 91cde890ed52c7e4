SELECT * FROM shop.woodcarving
TO MAXIMIZE SUM(ABS(amount))
CONSTRAINT amount <= MAX(max_num)
WITH variables = "amount(product)"
INTO shop.carved;
