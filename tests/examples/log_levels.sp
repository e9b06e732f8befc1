-- How many lines of each level: the first field of lines split at commas.
from 'data/app.log' text
| select split(value, ',')[0] as level
| aggregate count(*) as n group by level
| order by n desc, level;
