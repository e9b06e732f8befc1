"""Queries that only Spark can answer: more functions, casts, arrays, maps,
types' names and the pipe syntax.  The text is the same for sp and Spark.
"""
import re

from queries import Expr, Gen, Query

# Templates by the class of the result.  Holes: {int} {str} ... an expression
# of that class; {S} any string, {D} any date, {T} any timestamp, {X} any
# column, {n} a small literal, {lit} a literal string, {odd} an odd one,
# {num} a number of any type, {nul} a number that is never 0 but may be null.
# A result whose last digits depend on a library is not made a string.
TEMPLATES = {
    "str": [
        "initcap({S})", "reverse({S})", "substring_index({S}, ',', {n})",
        "left(reverse({S}), 3)", "concat({S}, {str})", "hex(left({S}, 20))",
        "base64(cast(left({S}, 30) as binary))", "soundex({str})",
        "left(hex({int}), 16)", "bin({int})", "conv({int}, 10, 16)",
        "concat_ws(',', array({str}, {str}))", "left(space({n}), 3)",
        "cast(unbase64(base64(cast(left({S}, 20) as binary))) as string)",
        "regexp_extract({S}, '([a-z]+)([^a-z]?)', 1)", "typeof({any})",
        "regexp_replace({S}, '(.)a', '$1#')", "typeof({int} + {num})",
        "typeof({num} * {num})", "typeof({num} / {nul})", "mask({S})",
        "typeof(coalesce({num}, {num}))", "typeof({dec} % {nul})",
        "cast({any} as string)", "cast({X} as string)", "sha1({S})",
        "cast({dec} * {dec} as string)", "cast({dec} / {nul} as string)",
        "cast({num} + {num} as string)", "cast({num} - {num} as string)",
        "cast(try_divide({num}, {nul}) as string)", "overlay({str}, 'XY', 2)",
        "overlay({S} placing '_' from 2 for {n})", "elt(2, {str}, {str})",
        "trim(both 'a' from {S})", "btrim({S}, ' a')", "lpad({S}, 7, 'é')",
        "translate({S}, 'aé,', 'X日')", "nvl2({any}, {str}, 'none')",
        "format_number({dec}, 2)", "format_string('%5d|%s', {int}, {str})",
        "date_format({T}, 'yyyy/MM/dd HH:mm:ss.SSS')", "crc32({S})",
        "date_format({D}, 'EEE, d MMM yyyy')", "upper({X_S})", "lower({X_S})",
        "date_format({D}, 'DDD QQQ yy E')", "to_json(array({str}, {str}))",
        "to_json(named_struct('a', {int}, 'b', {str}, 'c', {D}))",
        "get_json_object({json}, '$.a')", "get_json_object({json}, '$.b[0]')",
        "cast(array({num}, {num}) as string)", "cast({arr} as string)",
        "cast(map(coalesce({str}, 'k'), {int}) as string)", "try_element_at({arr}, {n} + 1)",
        "cast(struct({any}, {any}) as string)", "split({S}, '[, ]')[0]",
        "cast(split({S}, ',', {n}) as string)", "element_at({arr}, 1)",
        "cast(sequence(1, {n} + 1) as string)", "array({str}, {str})[1]",
        "cast(date_trunc('week', {ts}) as string)", "ascii({S})",
        "cast(cast({dec} as decimal(10,1)) as string)", "url_encode({str})",
        "cast(try_cast({odd} as double) as string)", "to_char({dec}, '99999D9')",
        "cast(try_cast({odd} as decimal(9,2)) as string)",
        "cast(try_cast({odd} as timestamp) as string)", "chr({int} % 100)",
        "cast(try_cast({odd} as timestamp_ntz) as string)",
        "cast(round({dec}, {n}) as string)", "cast(bround({dec}, 1) as string)",
        "cast(ceil({dec}, 1) as string)", "cast(floor({dec}, -1) as string)",
        "cast(round({small}, {n}) as string)", "cast({small} as string)",
        "cast(cast({int} as float) as string)", "cast(cast({X_num} as float) as string)", "cast(-{num} as string)",
        "cast({X_num} as string)", "cast({T} - {T} as string)",
        "case when {bool} then {num} else {num} end || ''",
        "from_unixtime({int} * 86400)", "regexp_substr({S}, '[a-c]+')",
        "cast({D} + interval '1' month as string)", 
        "cast(cast({S} as binary) as string)", "greatest({str}, {str}, 'm')",
        "replace({S}, 'a')", "repeat({str}, {n})", "right({S}, {n})",
        "substr({S}, -{n})", "substring({S} from -2 for {n})",
        "cast(regexp_extract_all({S}, '[a-z]', 0) as string)",
        "decode({int} % 3, 0, 'zero', 1, 'one', 'more')",
        "date_part('year', {D}) || date_part('doy', {D})",
    ],
    "int": [
        "char_length({S})", "octet_length({S})", "bit_length({str})",
        "levenshtein(left({S}, 20), {str})", "locate({lit}, {S})",
        "locate({lit}, {S}, {n})", "position({lit} in {S})", "crc32({S})",
        "find_in_set({str}, {S})", "regexp_count({S}, '[a-z]')",
        "regexp_instr({S}, 'b')", "ascii({S})", "bit_count({int})",
        "hash({any})", "hash({X}, {X})", "xxhash64({X})", "weekday({D})",
        "xxhash64({any}, {X})", "extract(week from {D})", "dayofweek({D})",
        "extract(dow from {D})", "date_part('week', {T})", "unix_seconds({ts})",
        "extract(minute from {T})", "pmod({int}, {n} + 1)", "size({arr})",
        "cardinality(array({int}, {int}))", "int({bool})", "sign({int})",
        "cast({dec} as int)", "try_cast({odd} as int)", "try_cast({X} as int)",
        "try_cast({odd} as bigint)", "try_cast({odd} as tinyint)",
        "try_cast({X_num} as smallint)", "try_cast({X_num} as bigint)",
        "try_add({X_int}, {X_int})", "try_subtract({X_int}, {int})",
        "try_multiply({X_int}, {X_int})", "{int} & {int}", "({int} | {int})",
        "{int} ^ {int}", "~{int}", "shiftleft({int}, {n})", "{int} >> {n}",
        "shiftright({int}, {n})", "shiftrightunsigned({int}, {n})",
        "width_bucket(cast({int} as double), 0, 100, 10)", "unix_date({D})",
        "array({int}, {int})[0]", "element_at(map('a', {int}), 'a')",
        "try_element_at(map(coalesce({str}, 'k'), {int}), 'a')", "ceil({dec})",
        "floor({dec})", "round({int}, -1)", "instr({S}, {str})",
        "json_array_length({json})", "cast(get_json_object({json}, '$.b[1]') "
        "as bigint)", "year({T})", "nvl({int}, {n})", "ifnull({int}, {int})",
        "zeroifnull({int})", "mod({int}, {nul_int})", "length({arr}[0])",
        "cast(month({D}) as int) + {n}", "date_diff({D}, {D})",
        "datediff(day, {D}, {D})", "unix_timestamp({ts})", "cast({ts} as bigint)",
        "greatest({int}, {int}, {n})", "decode({str}, 'a', {int}, {n})",
    ],
    "bool": [
        "{S} like '%!_%' escape '!'", "{S} ilike '%A%'", "{X_S} <=> {X_S}",
        "regexp_like({S}, '^[a-z ]+$')", "{S} rlike '\\\\d'",
        "isnan({X_dbl})", "{bool} is true", "{bool} is not true",
        "{bool} is unknown", "{bool} is not false", "array_contains({arr}, 'a')",
        "try_cast({odd} as boolean)", "{int} in ({int}, null, 3)",
        "{str} not in ({str}, null)", "{S} like {lit}", "{X_num} > {num}",
        "{X_num} = {X_num}", "{X_dbl} < {X_num}", "{date} < {T}",
        "{T} between {D} and {T}", "{S} between 'a' and {str}", "{bool} xor "
        "{bool}", "(not {bool}) = {bool}", "{str} < {S}", "{X} is null",
        "{S} like all ('%a%', '%b%')", "{S} like any ('a%', '%b')",
        "array({int}, {int}) = array({int}, {int})", "(bigint({int}), {str}) "
        "= (bigint({int}), {str})", "(bigint({int}), {S}) < (bigint({int}), {S})", "{arr} <=> {arr}",
        "struct({S}, {str}) in (struct({str}, {S}), struct({S}, {S}))", "({X_S}, "
        "{D}) <=> ({X_S}, {D})", "exists(select 1 from t1 where u = 3)",
        "is_valid_utf8({S})", "luhn_check({str})", "{dec} = {num}",
        "{date} = '2024-02-29'", "{int} > '5'", "cast({int} as boolean)",
    ],
    "date": [
        "next_day({date}, 'MON')", "to_date({lit_date})", "date({T})",
        "trunc({D}, 'WEEK')", "trunc({D}, 'QUARTER')", "{date} + {n}",
        "date_add({date}, {n})", "{date} - {n}", "{date} + interval '2' day",
        "try_cast({odd} as date)", "try_to_date({lit}, 'yyyy-MM-dd')",
        "cast({T} as date)", "greatest({date}, {date})", "make_date(2024, {n} "
        "+ 1, 28)", "last_day({T})", "add_months({D}, {n})",
        "date_from_unix_date({n})", "try_to_date({odd}, 'yyyy-MM-dd')",
        "{date} - interval '1' month", "{date} + interval 1 year",
    ],
    "ts": [
        "date_trunc('week', {ts})", "date_trunc('quarter', {T})",
        "date_trunc('year', {T})", "date_trunc('second', {T})",
        "{ts} - interval '3' hour", "{ts} + interval '1 02:03:04' day to second",
        "{ts} - interval 1 month", "try_cast({odd} as timestamp)",
        "to_timestamp('2024-02-29 23:59:58')", "cast({D} as timestamp)",
        "to_timestamp(date_format({ts}, 'yyyyMMddHHmmss'), 'yyyyMMddHHmmss')",
        "timestamp_seconds({int})", "make_timestamp(2024, 2, {n} + 1, 1, 2, 3.5)",
        "greatest({ts}, {ts})", "cast(cast({ts} as string) as timestamp)",
        "timestampadd(month, {n}, {ts})", "date_trunc('dd', {ts})",
        "try_to_timestamp({odd}, 'yyyy-MM-dd HH:mm')",
    ],
    "dec": [
        "{dec} + {dec}", "{dec} * {n}", "{dec} - {int}", "{dec} % {nul}",
        "cast({dec} as decimal(14,3))", "round({dec})", "bround({dec}, 1)",
        "cast({int} as decimal(20,4))", "{dec} / {nul_int}", "abs({X_dec})",
        "try_cast({odd} as decimal(10,3))", "greatest({dec}, 0.125)",
        "coalesce({dec}, {int})", "ceil({dec}, 1)", "floor({dec})",
        "try_cast({X_num} as decimal(20,5))", "pmod({dec}, 7.5)",
        "try_add({X_dec}, {X_dec})", "try_divide({dec}, {dec})",
        "cast({str_num} as decimal(8,2))", "- {X_dec}",
    ],
    "xdbl": [
        "pow({small}, 2)", "hypot({small}, {small})", "atan2({small}, 1.5D)",
        "sin({small})", "cos({small})", "tan({small})", "sinh({small} / 1e6D)",
        "log(2, abs({small}) + 1)", "log2(abs({small}) + 1)", "log1p(abs({small}))",
        "expm1({small} / 1e6D)", "nanvl({X_dbl}, {small})", "{X_dbl} + {num}",
        "{X_dbl} * 2", "- {X_dbl}", "abs({X_dbl})", "rint({small})", "e()",
        "round({small}, 2)", "bround({small}, 0)", "{num} / {nul}",
        "try_divide({X_num}, {nul})", "cast({X_num} as double)", "pi()",
        "try_cast({odd} as double)", "ln({small})",
        "sqrt({small})", "asin({small})", "acosh({small})", "signum({X_dbl})",
        "greatest({X_dbl}, {small})", "least({X_dbl}, {small})", "cot(2.5D)",
        "pmod({small}, 3.5D)", "{small} % {nul}", "coalesce({X_dbl}, {num})",
        "factorial({n})",
        "cbrt({small})", "ceil({small})", "log10({small})",
    ],
}
AGGREGATES = [
    ("xdbl", "corr({small}, cast({int} as double))"),
    ("xdbl", "round(covar_pop({small}, {small}), 3)"),
    ("xdbl", "covar_samp({small}, 1.0D)"),
    ("xdbl", "skewness({small})"), ("xdbl", "kurtosis({small})"),
    ("xdbl", "percentile({int}, 0.3)"), ("xdbl", "median({small})"),
    ("int", "percentile_approx({int}, 0.5)"), ("int", "bit_and({int})"),
    ("int", "bit_or({int})"), ("int", "bit_xor({int})"),
    ("int", "size(collect_list({X}))"), ("int", "size(collect_set({xset}))"),
    ("int", "sum(distinct {int})"), ("xdbl", "avg(distinct {int})"),
    ("int", "count(distinct {X}, {X})"), ("int", "count({X}, {X})"),
    ("str", "cast(sum({dec}) as string)"), ("str", "cast(avg({dec}) as string)"),
    ("str", "typeof(sum({num}))"), ("str", "typeof(avg({num}))"),
    ("str", "min({S})"), ("str", "max(concat({str}, {str}))"),
    ("str", "cast(max(array({int}, {int})) as string)"),
    ("str", "cast(min(struct({int}, {str})) as string)"),
    ("str", "cast(avg({int}) as string)"), ("str", "cast(max({X}) as string)"),
    ("xdbl", "try_avg({int})"), ("int", "try_sum({X_int})"),
    ("dec", "sum(distinct {dec})"), ("dec", "avg({dec})"),
    ("bool", "every({bool})"), ("bool", "some({bool})"), ("xdbl", "std({int})"),
    ("xdbl", "sum({int}) / nullif(count({X}), 0)"), ("int", "count(distinct {str})"),
    ("int", "sum(case when {bool} then 1 else 0 end)"),
    ("xdbl", "avg({X_dbl})"), ("xdbl", "sum({X_dbl})"), ("int", "max({n}) + {n}"),
    ("int", "count_if({bool}) filter (where {bool})"), ("xdbl", "mean({num})"),
    ("int", "sum({int}) filter (where {bool})"), ("date", "max({D})"),
    ("ts", "min({T})"), ("xdbl", "min({X_dbl})"), ("xdbl", "max({X_dbl})"),
]
ODD_TEXT = [
    "1", "-0", "+5", " 12 ", "1e3", "1.5e-2", ".5", "5.", "0x1F", "1_000", "",
    " ", "abc", "NaN", "nan", "Infinity", "-inf", "+Infinity", "infinityx",
    "9223372036854775807", "9223372036854775808", "-9223372036854775808",
    "128", "-129", "2147483648", "1.7976931348623157e309", "1e-400", "1d", "1f",
    "99999999.999", "0.005", "0.015", "-0.005", "1.99", "true", "T", "yes", "n",
    "0", "FALSE", " true ", "on", "2024-02-29", "2024-2-9", "2023-02-29",
    "2024-13-01", "2024", "2024-02", "2024-02-29 ", "2024-02-29T10:11:12",
    "2024-02-29 10:11:12.123456789", "2024-02-29 10:11:12+05:30",
    "2024-02-29 10:11:12Z", "2024-02-29 10:11:12 UTC", "2024-02-29 24:00:00",
    "2024-02-29 1:2:3", "2024-02-29 10:11", "10:11:12", "T10:11:12",
    "0000-01-01", "-0001-01-01", "10000-01-01", "+10000-01-01", "epoch",
    "1582-10-10", "2024-02-29 10:11:12 Europe/Berlin", "2024-02-29 10",
    "2024-02-29x", "12345678901234567890123456789012345678",
    "123456789012345678901234567890123456789", "1 2", "--1", "1-", "\u00a01",
    "\u0661", "2024-02-29 23:59:60", "0001-01-01", "9999-12-31 23:59:59.999999"]
JSON_TEXT = [
    '{"a": 1, "b": [1, 2, 3]}', '{"a": "x y", "b": []}', '{"a": null}', "[1, 2]",
    '{"a": {"c": 1.50}, "b": ["p", null]}', "[]", "{", "", "null", "12", '"s"',
    '{"b": [{"a": 1}, 2]}', '{"a": "\\u00e9\\n"}', '{"a": true, "a": 2}']


def quoted(s):
    return "'%s'" % s.replace("\\", "\\\\").replace("'", "\\'")


class SparkGen(Gen):
    def fill(self, template, scope, depth):
        return re.sub(r"\{(\w+)\}", lambda m: self.hole(m[1], scope, depth),
                      template)

    def hole(self, h, scope, depth):
        r = self.r
        if h == "n":
            return str(r.randint(0, 6))
        if h in ("lit", "str_num"):
            return self.literal("str").sp if h == "lit" else r.choice(
                ["'1.005'", "' -7 '", "'1e2'", "'0.995'"])
        if h == "lit_date":
            return r.choice(["'2024-02-29'", "'1999-1-2'", "'0001-01-01'"])
        if h == "odd":
            return quoted(r.choice(ODD_TEXT)) if r.random() < 0.8 else \
                self.column_text(scope, ("str", "xstr"), "str")
        if h == "json":
            return quoted(r.choice(JSON_TEXT))
        if h == "arr":
            return r.choice([
                "split(%s, ',')" % self.any_string(scope, 0).sp,
                "array(%s, %s)" % (self.expr(scope, "str", 0).sp,
                                   self.literal("str").sp)])
        if h == "S":
            return self.any_string(scope, depth).sp
        if h == "D":
            return self.any_date(scope, depth).sp
        if h == "T":
            c = self.column(scope, ("xts",))
            return c.sp if c and r.random() < 0.4 else \
                self.expr(scope, "ts", depth).sp
        if h == "X":
            return r.choice(scope).sp
        if h == "small":
            return self.small(scope).sp
        if h == "any":
            return self.expr(scope, r.choice(["int", "dbl", "dec", "str",
                                              "bool", "date", "ts"]), 0).sp
        if h == "num":
            return self.column_text(scope, ("int", "dec", "dbl"),
                                    r.choice(["int", "dec", "dbl"]))
        if h in ("nul", "nul_int"):
            t = self.column_text(scope, ("int",) if h == "nul_int" else
                                 ("int", "dec", "dbl"), "int")
            return "nullif(%s, 0)" % t
        if h == "xset":
            return self.column_text(scope, ("int", "str", "date", "dec"), "int")
        if h.startswith("X_"):
            kinds = {"S": ("xstr", "str"), "num": ("xint", "xdbl", "xdec", "flt",
                     "int", "dec", "dbl"), "int": ("xint", "int"),
                     "dbl": ("xdbl", "flt"), "dec": ("xdec", "dec")}[h[2:]]
            return self.column_text(scope, kinds, {"S": "str", "num": "int"}.get(
                h[2:], h[2:]))
        return self.expr(scope, h, depth).sp

    def column_text(self, scope, kinds, fallback):
        return (self.column(scope, kinds) or self.literal(fallback)).sp

    def expr(self, scope, kind, depth):
        if depth > 0 and kind in TEMPLATES and self.r.random() < 0.3:
            t = self.r.choice(TEMPLATES[kind])
            return Expr(kind, "(%s)" % self.fill(t, scope, depth - 1),
                        bound=2**62)
        return super().expr(scope, kind, depth)

    def expr_xdbl(self, scope, depth):
        return self.expr_dbl(scope, depth)

    def expr_xdec(self, scope, depth):
        return self.expr_dec(scope, depth)

    def items(self, scope, kinds):
        if kinds is None and self.r.random() < 0.5:
            kinds = [self.r.choice(["int", "str", "str", "xdbl", "dec", "bool",
                                    "date", "ts"])
                     for _ in range(self.r.randint(2, 6))]
            return [self.templated(scope, k) for k in kinds]
        return super().items(scope, kinds)

    def templated(self, scope, kind):
        t = self.r.choice(TEMPLATES[kind])
        return Expr(kind, self.fill(t, scope, 1), bound=2**62)

    def aggregate(self, scope):
        if self.r.random() < 0.4:
            kind, t = self.r.choice(AGGREGATES)
            return Expr(kind, self.fill(t, scope, 0), bound=2**62)
        return super().aggregate(scope)

    def top(self):
        return self.piped() if self.r.random() < 0.1 else super().top()

    def piped(self):
        """The same by stages."""
        r = self.r
        q = self.query(1)
        text, cols = "(%s)" % q.sp, q.columns
        for _ in range(r.randint(1, 3)):
            which = r.randrange(5)
            if which == 0:
                text += " |> where " + self.expr(cols, "bool", 1).sp
            elif which == 1:
                e = self.expr(cols, r.choice(["int", "str", "bool"]), 2)
                n = self.name("e")
                text += " |> extend %s as %s" % (e.sp, n)
                cols = cols + [Expr(e.kind, n, bound=e.bound)]
            elif which == 2 and len(cols) > 1:
                gone = r.choice(cols)
                text += " |> drop " + gone.sp
                cols = [c for c in cols if c is not gone]
            elif which == 3:
                c = r.choice(cols)
                e = self.expr(cols, c.kind, 1) if c.kind in TEMPLATES else c
                text += " |> set %s = %s" % (c.sp, e.sp)
            else:
                key, n = r.choice(cols), self.name("n")
                text += " |> aggregate count(*) as %s group by %s" % (n, key.sp)
                cols = [key, Expr("int", n, bound=10**6)]
        return Query(cols, text, text)
