SELECT * FROM shop.woodcarving
TO MAXIMIZE SUM(price)
CONSTRAINT SUM(price) <= 100
WITH variables = "amount(product)"
INTO shop.carved;
