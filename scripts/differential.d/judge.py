"""Compares the rows of two engines."""
import datetime
import decimal
import math
import re
import struct

def unescape(s):
    if s == "\\N":
        return None
    if "\\" not in s:
        return s
    return re.sub(r"\\(.)", lambda m: {"t": "\t", "n": "\n", "r": "\r",
                                       "0": "\0"}.get(m[1], m[1]), s,
                  flags=re.S)


def short_float(v):
    return struct.unpack("f", struct.pack("f", v))[0]


def from_text(s, kind):
    """A cell as sp prints it."""
    s = unescape(s)
    if s is None:
        return None
    if kind == "dbl":
        return float(s)
    if kind == "flt":
        return short_float(float(s))
    if kind in ("int", "dec"):
        return decimal.Decimal(s)
    if kind == "ts":
        return s.rstrip("0").rstrip(".") if "." in s else s
    return s


def from_python(v, kind):
    """A cell as DuckDB and Spark give it."""
    if v is None:
        return None
    if kind in ("dbl", "flt"):
        return float(v)
    if kind in ("int", "dec"):
        return decimal.Decimal(str(v)) if not isinstance(v, float) else v
    if kind == "bool":
        return "true" if v else "false"
    if kind == "ts":
        if isinstance(v, datetime.datetime) and v.tzinfo:
            v = v.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        s = str(v)
        return s.rstrip("0").rstrip(".") if "." in s else s
    return str(v)


def cell_equal(a, b):
    if a is None or b is None:
        return a is b
    if isinstance(a, (float, decimal.Decimal)) and \
            isinstance(b, (float, decimal.Decimal)):
        if isinstance(a, decimal.Decimal) and isinstance(b, decimal.Decimal):
            return a == b
        a, b = float(a), float(b)
        if math.isnan(a) or math.isnan(b):
            return math.isnan(a) and math.isnan(b)
        if a == b:
            return True
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
    return a == b


def row_equal(a, b):
    return len(a) == len(b) and all(cell_equal(x, y) for x, y in zip(a, b))


def row_key(row):
    """Exact cells first, so that close floats do not upset the order."""
    exact, loose = [], []
    for i, v in enumerate(row):
        if isinstance(v, float):
            loose.append((0, 0) if math.isnan(v) else (1, v))
        elif v is None:
            exact.append((0, "", 0))
        elif isinstance(v, decimal.Decimal):
            exact.append((1, "", v))
        else:
            exact.append((2, v, 0))
    return exact, loose


def rows_differ(ours, theirs, ordered):
    """None, or a text that says how two results differ."""
    if len(ours) != len(theirs):
        return "sp has %d rows, the peer %d" % (len(ours), len(theirs))
    if ordered and all(map(row_equal, ours, theirs)):
        return None
    a, b = (ours, theirs) if ordered else (
        sorted(ours, key=row_key), sorted(theirs, key=row_key))
    left = [(x, y) for x, y in zip(a, b) if not row_equal(x, y)]
    if not left:
        return None
    if not ordered and len(left) < 500:
        rest = [y for _, y in left]
        for x, _ in left:
            for i, y in enumerate(rest):
                if row_equal(x, y):
                    del rest[i]
                    break
            else:
                break
        if not rest:
            return None
    x, y = left[0]
    return "%d of %d rows differ, first:\n   sp: %.300r\n peer: %.300r" % (
        len(left), len(a), x, y)
