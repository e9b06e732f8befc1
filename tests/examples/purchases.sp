-- Purchases of a user that come to more than 1000.
from 'data/events.json'
| where event_type = 'purchase'
| aggregate sum(amount) as total group by user_id
| where total > 1000
| order by total desc;
