SELECT * FROM shop.woodcarving
TO MAXIMIZE SUM(price * amount)
CONSTRAINT amount <= max_num
WITH variables = "amount(produkt)"
INTO shop.carved;
