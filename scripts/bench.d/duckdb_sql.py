"""Runs one SQL text in DuckDB.  usage: duckdb_sql.py THREADS SQL [MEMORY]

Prints the seconds that it took, then the rows as TSV.
"""
import sys
import time

import duckdb

con = duckdb.connect()
con.execute("set threads = %d" % int(sys.argv[1]))
con.execute("set preserve_insertion_order = false")
con.execute("set enable_progress_bar = false")
if len(sys.argv) > 3:
    con.execute("set memory_limit = '%s'" % sys.argv[3])
begin = time.perf_counter()
rows = con.execute(sys.argv[2]).fetchall()
print(time.perf_counter() - begin)
for r in rows:
    print("\t".join("\\N" if v is None else str(v) for v in r))
