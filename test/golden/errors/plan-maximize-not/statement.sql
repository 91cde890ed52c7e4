SELECT * FROM shop.woodcarving
TO MAXIMIZE SUM(price * amount)
CONSTRAINT NOT amount = 3
WITH variables = "amount(product)"
INTO shop.carved;
