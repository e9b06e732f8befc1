-- Two sets joined, then grouped by category.
let orders = from 'data/orders.csv' | where status = 'paid';
let customers = from 'data/customers.csv';

from orders
| join customers using (customer_id)
| aggregate count(*) as orders, sum(cast(amount as decimal(10,2))) as total
  group by segment
| order by segment;
