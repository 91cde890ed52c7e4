SELECT * FROM shop.woodcarving TO MINIMIZE SUM(amount) WITH variables = "amount(product)" USING hihgs INTO shop.carved;
