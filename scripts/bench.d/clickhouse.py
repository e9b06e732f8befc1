"""Runs a job in ClickHouse (chdb).

usage: clickhouse.py THREADS sql TEXT
       clickhouse.py THREADS wordcount INPUT OUTPUT-FOLDER

Prints the seconds that it took, then the rows as TSV.
"""
import os
import sys
import time

from chdb import session

threads, what = sys.argv[1:3]
con = session.Session()
settings = " settings max_threads = %d" % int(threads)
con.query("select 1")
if what == "sql":
    text = sys.argv[3]
else:
    source, target = sys.argv[3:5]
    os.makedirs(target, exist_ok=True)
    text = ("select arrayJoin(splitByChar(' ', line)) as word, count() as n "
            "from file('%s', 'LineAsString', 'line String') group by word "
            "into outfile '%s/part' format TSV" % (source, target))
begin = time.perf_counter()
out = con.query(text + settings, "TSV") if what == "sql" else con.query(
    text.replace(" into outfile", settings + " into outfile"))
print(time.perf_counter() - begin)
if what == "sql":
    sys.stdout.write(out.bytes().decode() if hasattr(out, "bytes")
                     else str(out))
