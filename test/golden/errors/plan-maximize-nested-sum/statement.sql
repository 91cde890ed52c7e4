SELECT * FROM shop.woodcarving
TO MAXIMIZE SUM(SUM(amount))
CONSTRAINT SUM(amount, price) <= 1
WITH variables = "amount(product)"
INTO shop.carved;
