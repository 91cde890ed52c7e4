SELECT * FROM shop.woodcarving
TO MAXIMIZE SUM(finishing * price)
CONSTRAINT price <= max_num
WITH variables = "price(product)"
INTO shop.carved;
