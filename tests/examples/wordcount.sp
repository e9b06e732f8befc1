#!/usr/bin/env -S sp-submit
-- The twenty most frequent words of the licence texts of a Debian machine.
from "/usr/share/common-licenses/*" text
| select explode(split(lower(value), ' ')) as word
| where word <> ''
| aggregate count(*) as n group by word
| order by n desc, word
| limit 20;
