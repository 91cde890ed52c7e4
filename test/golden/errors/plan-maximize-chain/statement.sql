SELECT * FROM shop.woodcarving
TO MAXIMIZE SUM(price * amount)
CONSTRAINT 0 <= amount <= 5
WITH variables = "amount(product)"
INTO shop.carved;
