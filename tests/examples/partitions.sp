-- A hundred partitions on forty slots, exchanged and counted.
set spark.sql.shuffle.partitions = 100;
from range(0, 1000000, 1, 100)
| aggregate count(*) as n, sum(id) as s group by id % 1000 as k
| aggregate count(*) as keys, sum(n) as n, sum(s) as s, max(n) - min(n) as spread;
