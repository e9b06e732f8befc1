"""The random tables: their columns, their cells, their files."""
import datetime
import decimal
import math
import os
import random

#
# A column is (name, sp type, class, bound).  Classes: int dbl dec str bool
# date ts; flt and those with an x are for comparing only: extremes and odd
# values.

COLUMNS = [
    ("k", "bigint", "int", 10), ("u", "bigint", "int", 1000),
    ("i", "int", "int", 1000), ("x", "bigint", "xint", 0),
    ("d", "double", "dbl", 1e6), ("e", "double", "xdbl", 0),
    ("p", "decimal(12,2)", "dec", 0), ("s", "string", "str", 0),
    ("z", "string", "xstr", 0), ("b", "boolean", "bool", 0),
    ("dt", "date", "date", 0), ("de", "date", "xdate", 0),
    ("ts", "timestamp", "ts", 0), ("y", "tinyint", "int", 100),
    ("h", "smallint", "int", 30000), ("f", "float", "flt", 0),
    ("q", "decimal(38,10)", "xdec", 0), ("nt", "timestamp_ntz", "xts", 0)]

WORDS = ["", "a", "b", "ab", "abc", "A", "Ab", "banana", "x,y", "a,b,,c",
         "12", "-7", "100", " a", "a ", "zebra", "ZEBRA", "the quick fox",
         "a_b", "a%b", "foo.bar", "été", "Straße"[:4], "日本", "🙂"]
ODD = ["", " ", "\t", "\n", "a\tb", "line\nline", "back\\slash", "\\N", "NULL",
       "null", "'quoted'", '"double"', "日本語", "🙂🙃", "éàü", "жук", "\u00a0",
       "a" * 11, "a" * 12, "a" * 13, "aaaaaaaaaaaab", "NaN", "0", "-0",
       "\x01\x02", "tail\\", "\r", "a\rb", "\u200b", "z" * 255, "z" * 256]


def draw_cell(r, name, n, row):
    if name != "u" and r.random() < 0.12:
        return None
    if name == "k":
        return r.randrange(10)
    if name == "u":
        return row
    if name == "i":
        return r.choice([0, 1, -1, r.randint(-1000, 1000)])
    if name == "x":
        return r.choice([2**63 - 1, -2**63, 0, 1, -1, 2**31, -2**31 - 1,
                         2**53 + 1, r.randint(-2**63, 2**63 - 1)])
    if name == "d":
        return r.choice([0.0, -0.0, 1.5, -2.25, float(r.randint(-99, 99)),
                         r.uniform(-1e6, 1e6), r.uniform(-1, 1)])
    if name == "e":
        return r.choice([math.nan, math.inf, -math.inf, 0.0, -0.0, 5e-324,
                         1.7976931348623157e308, -1e308, 1e-300, 0.1, 1.0])
    if name == "p":
        return decimal.Decimal(r.choice([0, 1, -1, 5, 250, -12345, 999999999,
                                         r.randint(-10**6, 10**6)])) / 100
    if name == "s":
        return r.choice(WORDS)
    if name == "z":
        c = r.random()
        if c < 0.01:
            return r.choice("qé日") * r.choice([1000, 4096, 70000, 300000])
        return r.choice(ODD) if c < 0.8 else r.choice(WORDS)
    if name == "b":
        return r.random() < 0.5
    if name == "dt":
        return datetime.date(2024, 1, 31) + datetime.timedelta(
            r.choice([0, 29, 30, -31, r.randint(-20000, 20000)]))
    if name == "de":
        return r.choice([datetime.date(1, 1, 1), datetime.date(9999, 12, 31),
                         datetime.date(1582, 10, 15),
                         datetime.date(1970, 1, 1),
                         datetime.date(1969, 12, 31),
                         datetime.date(2024, 2, 29),
                         datetime.date(1900, 3, 1)])
    if name == "y":
        return r.choice([0, 1, -1, r.randint(-100, 100)])
    if name == "h":
        return r.choice([0, 255, 256, r.randint(-30000, 30000)])
    if name == "f":
        return r.choice([0.0, -0.0, 0.5, -1.25, math.nan, math.inf, -math.inf,
                         float(r.randint(-1000, 1000)), 2.0**-149, 2.0**24])
    if name == "q":
        return r.choice([decimal.Decimal(0), decimal.Decimal("1E-10"),
                         decimal.Decimal("9" * 28 + "." + "9" * 10),
                         decimal.Decimal("-" + "9" * 28 + "." + "9" * 10),
                         decimal.Decimal(2**63), decimal.Decimal(2**64 + 1),
                         decimal.Decimal(r.randint(-10**30, 10**30)) / 10**9])
    if name == "nt":
        return r.choice([datetime.datetime(1, 1, 1),
                         datetime.datetime(9999, 12, 31, 23, 59, 59, 999999),
                         datetime.datetime(1969, 12, 31, 23, 59, 59, 999999),
                         datetime.datetime(1582, 10, 10, 12),
                         datetime.datetime(2024, 2, 29, 0, 0, 0, 1)])
    return datetime.datetime(2024, 2, 29, 23, 59, 59) + datetime.timedelta(
        microseconds=r.choice([0, 1, 999999, 10**6 * r.randint(-10**9, 10**9),
                               r.randint(-10**15, 10**15)]))


def draw_tables(seed, group):
    r = random.Random("%s tables %d" % (seed, group))
    sizes = [r.choice([0, 1, 3, 10]), r.choice([5, 30, 100]),
             r.choice([20, 200, 500])]
    return {"t%d" % i: [tuple(draw_cell(r, c[0], n, row) for c in COLUMNS)
                        for row in range(n)]
            for i, n in enumerate(sizes)}


def tsv_cell(v):
    if v is None:
        return "\\N"
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, float):
        if math.isnan(v):
            return "NaN"
        if math.isinf(v):
            return "Infinity" if v > 0 else "-Infinity"
        return repr(v)
    if isinstance(v, decimal.Decimal):
        return format(v, "f")
    if isinstance(v, str):
        return (v.replace("\\", "\\\\").replace("\t", "\\t")
                .replace("\n", "\\n").replace("\r", "\\r"))
    return str(v)


def write_tables(tables, folder):
    os.makedirs(folder, exist_ok=True)
    head = []
    for name, rows in tables.items():
        path = os.path.join(folder, name + ".tsv")
        with open(path, "w", encoding="utf-8", newline="\n") as f:
            for row in rows:
                f.write("\t".join(tsv_cell(v) for v in row) + "\n")
        head.append("let %s = from '%s' (%s) tsv header false;" % (
            name, path, ", ".join("%s %s" % c[:2] for c in COLUMNS)))
    return "\n".join(head) + "\n"
