-- A million numbers, summed by their remainder, the large sums counted.
from range(1000000)
| select id % 100 as k, id
| aggregate sum(id) as total group by k
| where total > 4999900000
| aggregate count(*) as n, min(total) as low, max(total) as high;
