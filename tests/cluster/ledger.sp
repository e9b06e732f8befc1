-- The ledger: a job of which every row can be checked.  It reads the files
-- that "ledger make" writes and sends each event through exchanges of every
-- kind, two joins, aggregates, a command, sorts and all kinds of outputs.
-- All sums are of whole numbers, so that the rows are the same everywhere; the
-- outputs say which run made them.
param in string;
param out string;
param run int = 0;

let events = from '${in}/events' (id bigint, k int, amount bigint, note string) csv;
let accounts = from '${in}/accounts.tsv' (k int, region string, factor bigint) tsv;
let booked = from events
| repartition 5
| join accounts using (k)
| extend amount * factor as value;

-- Each event once, sorted.
from booked
| select $run as run, id, k, region, value, md5(concat(note, region)) as mark
| order by id
| write '${out}/rows' csv overwrite;

-- Sums of each account, from a second exchange.
from booked
| repartition 4
| aggregate count(*) as n, sum(value) as total, min(id) as lo, max(id) as hi
  group by region, k
| select $run as run, *
| write '${out}/totals' tsv overwrite;

-- One directory a region; the small side is sent to all.
from events
| where id % 3 = 0
| join broadcast accounts using (k)
| repartition 3 by k
| select $run as run, id, note, region
| write '${out}/regions' json partition by (region) overwrite;

-- Each run adds a hundred rows.
from booked
| pipe 'cat' as (k int, id bigint, amount bigint, note string, region string, factor bigint, value bigint)
| aggregate sum(value) as total, count(distinct k) as accounts group by id % 100 as b
| repartition 3
| select $run as run, b, total, accounts
| write '${out}/log' csv append;

-- One file.
from booked
| aggregate count(*) as n, sum(value) as total group by k
| order by total desc, k
| limit 50
| select $run as run, *
| write '${out}/top.csv' csv overwrite single;

-- And standard output.
from booked
| aggregate count(*) as n, sum(value) as total, max(note) as last group by region
| order by region;

-- Kept rows, read twice; they are made again where they are lost.
let kept = from booked | where id % 2 = 0 | repartition 3 by k | cache;
from kept
| aggregate count(*) as n, sum(value) as total, min(value) as least, max(value) as most;
from kept as a
| join kept as b on a.k = b.k and a.id = b.id
| aggregate count(*) as n, sum(a.value + b.value) as total group by a.k % 3 as c
| order by c;
