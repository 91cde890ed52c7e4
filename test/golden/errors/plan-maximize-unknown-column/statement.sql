SELECT * FROM shop.woodcarving
TO MAXIMIZE SUM(prize * amount)
CONSTRAINT amount <= max_numb, SUM(finishing * amont) <= 3
WITH variables = "amount(product)"
INTO shop.carved;
