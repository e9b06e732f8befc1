-- k-means: points on a plane, put into three groups so that each point is in
-- the group whose centre is nearest to it.

-- Points are read once; all turns use the rows in memory.
let points = from 'data/points.csv' | cache;

-- Three points to begin with.
let centres = from points
| where id < 3
| select id as k, x, y;

-- Each turn: every point goes to its nearest centre (min_by gives the centre
-- of the smallest distance), then a centre moves to the middle of its points.
-- The centres are what is handed on; without "checkpoint every" their rows are
-- kept after each turn.
repeat 10 {
    let groups = from points as p cross join centres as c
    | aggregate min_by(c.k, (p.x - c.x) * (p.x - c.x)
          + (p.y - c.y) * (p.y - c.y)) as k group by p.id, p.x, p.y;
    let centres = from groups
    | aggregate avg(x) as x, avg(y) as y group by k;
}

-- The centres, how many points each has, and how far they are on average.
from groups as g join centres as c using (k)
| aggregate round(any_value(c.x), 4) as x, round(any_value(c.y), 4) as y,
    count(*) as points,
    round(avg(sqrt(power(g.x - c.x, 2) + power(g.y - c.y, 2))), 4) as distance
    group by k
| order by k;
