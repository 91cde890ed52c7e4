SELECT t.plants AS plants FROM db.transportation AS t LEFT JOIN db.plants AS p ON t.plants = p.plants
TO MINIMIZE SUM(shipment * distance * 90 / 1000)
CONSTRAINT SUM(shipment) <= capacity GROUP BY plants,
           SUM(shipment) >= demand GROUP BY markets
WITH variables="shipment(plants,markets)", var_type="NonNegativeIntegers"
USING glpk
INTO db.shipment_result;
SELECT * FROM w TO MAXIMIZE SUM((price - materials_cost - other_cost) * amount) WITH variables="amount(product)" INTO r
