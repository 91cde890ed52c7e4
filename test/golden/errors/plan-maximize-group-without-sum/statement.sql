SELECT * FROM shop.woodcarving
TO MAXIMIZE SUM(price * amount)
CONSTRAINT amount <= max_num GROUP BY product
WITH variables = "amount(product)"
INTO shop.carved;
