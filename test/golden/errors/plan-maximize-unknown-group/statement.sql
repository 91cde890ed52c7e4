SELECT * FROM shop.woodcarving
TO MAXIMIZE SUM(price * amount)
CONSTRAINT SUM(amount) <= 3 GROUP BY prodct
WITH variables = "amount(product)"
INTO shop.carved;
