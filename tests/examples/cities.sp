-- Read CSV, filter, group, count.
from 'data/people.csv' csv header true
| where age is not null and city is not null
| aggregate count(*) as people, max(age) as oldest group by city
| order by people desc, city;
