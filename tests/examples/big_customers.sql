-- Plain SQL: customers that spent more than 1000 this year.
SELECT customer_id, SUM(amount) AS total
FROM 'data/orders.csv'
WHERE order_date >= DATE '2024-01-01'
GROUP BY customer_id
HAVING SUM(amount) > 1000
ORDER BY customer_id;
