SELECT * FROM shop.transport
TO MINIMIZE SUM(shipment * distance * 90 / 1000)
CONSTRAINT SUM(shipment) <= capacity GROUP BY plants, SUM(shipment) >= demand GROUP BY markets
WITH variables = "shipment(plants,markets)", write_mode = "overwrite", cpu = 2
INTO shop.shipped;
