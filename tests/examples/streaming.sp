-- map | sort | reduce with Unix commands, as in Hadoop streaming.
from 'data/poem.txt' text
| pipe 'tr -s " " "\n"' as (word string)
| where word <> ''
| cluster by word
| pipe 'uniq -c | sed "s/^ *//;s/ /\t/"' as (n int, word string)
| order by n desc, word
| limit 3;
