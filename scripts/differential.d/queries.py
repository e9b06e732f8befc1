"""Random queries: one text for sp and Spark, one for DuckDB."""
import re

from tables import COLUMNS, WORDS

class Expr:
    """One expression in both dialects; bound: of an integer's magnitude."""

    def __init__(self, kind, sp, duck=None, bound=0):
        self.kind, self.sp, self.duck = kind, sp, duck or sp
        self.bound = bound


class Query:
    def __init__(self, columns, sp, duck, ordered=False):
        self.columns, self.sp, self.duck = columns, sp, duck
        self.ordered = ordered


def make(kind, sp, *args, duck=None, bound=0):
    """Fills {0} {1} ... of a template with the texts of args."""
    return Expr(kind, sp.format(*[a.sp for a in args]),
                (duck or sp).format(*[a.duck for a in args]), bound)


COMPARE = ["=", "<>", "<", "<=", ">", ">="]
PLAIN = {"xint": "int", "xdbl": "dbl", "xstr": "str", "xdate": "date",
         "xdec": "dec", "xts": "ts"}


def plain(kind):
    return PLAIN.get(kind, kind)


class Gen:
    def __init__(self, r):
        self.r = r
        self.alias = 0

    def name(self, prefix):
        self.alias += 1
        return "%s%d" % (prefix, self.alias)

    # A scope is a list of Exprs: the columns in sight.

    def column(self, scope, kinds):
        fit = [c for c in scope if c.kind in kinds]
        return self.r.choice(fit) if fit else None

    def literal(self, kind):
        r = self.r
        if kind == "int":
            n = r.choice([0, 1, 2, 3, 5, 7, 10, -1, r.randint(-100, 100)])
            return Expr("int", "%d" % n if n >= 0 else "(%d)" % n,
                        bound=abs(n))
        if kind == "dbl":
            v = r.choice(["0.0", "1.5", "-2.25", "100.0"])
            return Expr("dbl", "(%sD)" % v, "(%s::double)" % v, bound=100)
        if kind == "dec":
            return Expr("dec", r.choice(["0.00", "1.50", "12.25", "(-3.10)"]))
        if kind == "str":
            w = r.choice([w for w in WORDS if "'" not in w])
            return Expr("str", "'%s'" % w)
        if kind == "bool":
            return Expr("bool", r.choice(["true", "false"]))
        if kind == "date":
            return Expr("date", "date '%s'" % r.choice(
                ["2024-01-31", "2024-02-29", "1999-12-31", "1970-01-01"]))
        return Expr("ts", "timestamp '%s'" % r.choice(
            ["2024-02-29 23:59:59", "2000-01-01 00:00:00"]))

    def expr(self, scope, kind, depth):
        r = self.r
        if depth <= 0 or r.random() < 0.25:
            c = self.column(scope, (kind,))
            if c and r.random() < 0.85:
                return c
            if r.random() < 0.9:
                return self.literal(kind)
            return make(kind, "cast(null as %s)" % {
                "int": "bigint", "dbl": "double", "dec": "decimal(12,2)",
                "str": "string", "bool": "boolean", "date": "date",
                "ts": "timestamp"}[kind])
        if r.random() < 0.2:
            return self.general(scope, kind, depth)
        return getattr(self, "expr_" + kind)(scope, depth - 1)

    def general(self, scope, kind, depth):
        """What there is for each type."""
        def sub(k=kind):
            return self.expr(scope, k, depth - 1)
        a, b = sub(), sub()
        bound = max(a.bound, b.bound)
        which = self.r.randrange(7)
        if which == 0:
            return make(kind, "coalesce({0}, {1})", a, b, bound=bound)
        if which == 1 and kind != "bool":
            return make(kind, "nullif({0}, {1})", a, b, bound=bound)
        if which == 2:
            return make(kind, "case when {0} then {1} else {2} end",
                        sub("bool"), a, b, bound=bound)
        if which == 3:
            return make(kind, "case when {0} then {1} end", sub("bool"), a,
                        bound=bound)
        if which == 4:
            return make(kind, "if({0}, {1}, {2})", sub("bool"), a, b,
                        duck="case when {0} then {1} else {2} end",
                        bound=bound)
        if which == 5 and kind not in ("bool",):
            return make(kind, self.r.choice(["greatest", "least"]) +
                        "({0}, {1})", a, b, bound=bound)
        return make(kind, "case {0} when 1 then {1} when 2 then {2} "
                    "else {1} end", sub("int"), a, b, bound=bound)

    def expr_int(self, scope, depth):
        r = self.r

        def sub(k):
            return self.expr(scope, k, depth)
        which = r.randrange(16)
        if which < 4:
            a, b = sub("int"), sub("int")
            op = r.choice("+-*")
            bound = a.bound * b.bound if op == "*" else a.bound + b.bound
            if bound < 2**40:
                return make("int", "(cast({0} as bigint) %s {1})" % op, a, b,
                            bound=bound)
            return a
        if which == 4:
            a, b = sub("int"), sub("int")
            return make("int", "({0} % nullif({1}, 0))", a, b, bound=a.bound)
        if which == 5:
            a, b = sub("int"), sub("int")
            return make("int", "({0} div nullif({1}, 0))", a, b,
                        duck="({0} // nullif({1}, 0))", bound=a.bound)
        if which == 6:
            a = sub("int")
            return make("int", r.choice(["abs({0})", "(- {0})"]), a,
                        bound=a.bound)
        if which == 7:
            a = self.any_string(scope, depth)
            return make("int", "length({0})", a, bound=10**6)
        if which == 8:
            return make("int", r.choice(["year({0})", "month({0})", "day({0})",
                        "quarter({0})", "dayofyear({0})", "weekofyear({0})"]),
                        self.any_date(scope, depth), bound=10000)
        if which == 9:
            return make("int", "dayofweek({0})", sub("date"),
                        duck="(dayofweek({0}) + 1)", bound=8)
        if which == 10:
            return make("int", "datediff({0}, {1})", sub("date"), sub("date"),
                        duck="date_diff('day', {1}, {0})", bound=10**6)
        if which == 11:
            return make("int", r.choice(["hour({0})", "minute({0})",
                        "second({0})", "year({0})"]), sub("ts"), bound=10000)
        if which == 12:
            return make("int", "instr({0}, {1})",
                        self.any_string(scope, depth), self.literal("str"),
                        bound=10**6)
        if which == 13:
            kind = r.choice(["dbl", "dec"])
            a = self.column(scope, (kind,)) or self.literal(kind)
            return make("int", "cast({0} as bigint)", a,
                        duck="cast(trunc({0}) as bigint)", bound=10**8)
        if which == 14:
            return make("int", "cast({0} as int)", sub("bool"), bound=1)
        # DuckDB reads 1e3 as an integer too.
        return make("int", "try_cast({0} as bigint)",
                    self.column(scope, ("str",)) or self.literal("str"),
                    duck="case when regexp_full_match(trim({0}), '[-+]?"
                    "[0-9]+') then try_cast({0} as bigint) end", bound=10**4)

    def expr_dbl(self, scope, depth):
        r = self.r

        def sub(k="dbl"):
            return self.expr(scope, k, depth)
        which = r.randrange(9)
        if which < 3:
            a, b = self.small(scope), self.small(scope)
            return make("dbl", "({0} %s {1})" % r.choice("+-*"), a, b,
                        bound=1e13)
        if which == 3:
            a, b = self.small(scope), sub("int")
            return make("dbl", "({0} / nullif({1}, 0))", a, b, bound=1e7)
        if which == 4:
            return make("dbl", "({0} / nullif({1}, 0))", sub("int"),
                        sub("int"), bound=1e13)
        if which == 5:
            return make("dbl", r.choice([
                "sqrt(abs({0}))", "ln(abs({0}) + 1)", "exp({0} / 1000000)",
                "atan({0})", "cbrt({0})", "log10(abs({0}) + 1)",
                "degrees({0})", "radians({0})"]), self.small(scope),
                bound=1e9)
        if which == 6:
            return make("dbl", "cast({0} as double)", sub("int"), bound=1e13)
        if which == 7:
            return make("dbl", "cast({0} as double)", sub("dec"), bound=1e13)
        return make("dbl", r.choice(["floor({0})", "ceil({0})", "abs({0})",
                    "(- {0})", "sign({0})"]), self.small(scope), bound=1e7)

    def small(self, scope):
        return self.column(scope, ("dbl",)) or self.literal("dbl")

    def expr_dec(self, scope, depth):
        def leaf():
            return self.column(scope, ("dec",)) or self.literal("dec")
        which = self.r.randrange(6)
        if which < 2:
            return make("dec", "({0} %s {1})" % self.r.choice("+-"), leaf(),
                        self.literal("dec"))
        if which == 2:
            # DuckDB's sums have 38 digits: no room for a scale added later.
            return make("dec", "round({0}, 1)", leaf(),
                        duck="cast(round({0}, 1) as decimal(22,1))")
        if which == 3:
            return make("dec", self.r.choice(["abs({0})", "(- {0})"]), leaf())
        if which == 4:
            i = self.column(scope, ("int",))
            if i and i.bound <= 10**6:
                return make("dec", "cast({0} as decimal(12,2))", i)
        return leaf()

    def any_string(self, scope, depth):
        c = self.column(scope, ("xstr",))
        if c and self.r.random() < 0.5:
            return c
        return self.expr(scope, "str", depth)

    def any_date(self, scope, depth):
        c = self.column(scope, ("xdate",))
        if c and self.r.random() < 0.4:
            return c
        return self.expr(scope, "date", depth)

    STRING = [
        "upper({0})", "lower({0})", "trim({0})", "ltrim({0})", "rtrim({0})",
        "substring({0}, 2)", "substring({0}, 1, 3)", "left({0}, 2)",
        "right({0}, 2)", "lpad({0}, 5, '*')", "rpad({0}, 4, 'xy')",
        "replace({0}, 'a', 'oo')", "repeat({0}, 2)", "md5({0})",
        "split_part({0}, ',', 2)", "translate({0}, 'ab', 'xy')",
        "concat_ws('-', {0}, {1})", "({0} || {1})", "substr({0}, 3, 2)"]

    def expr_str(self, scope, depth):
        r = self.r
        which = r.randrange(10)
        if which < 6:
            # Nested repeat and concatenation are kept short by left().
            t = r.choice(self.STRING)
            a = self.any_string(scope, depth)
            b = self.expr(scope, "str", 0)
            e = make("str", t, a, b, duck=t.replace("trim({0})",
                                                    "trim({0}, ' ')"))
            return make("str", "left({0}, 40)", e) if depth else e
        if which == 6:
            return make("str", "cast({0} as string)",
                        self.expr(scope, r.choice(["int", "date", "bool"]),
                                  depth))
        if which == 7:
            return make("str", "sha2({0}, 256)",
                        self.any_string(scope, depth), duck="sha256({0})")
        if which == 8:
            return make("str", "date_format({0}, 'yyyy-MM-dd HH:mm:ss')",
                        self.expr(scope, "ts", depth),
                        duck="strftime({0}, '%Y-%m-%d %H:%M:%S')")
        return make("str", "regexp_replace({0}, '[aeiou]', '#')",
                    self.any_string(scope, depth),
                    duck="regexp_replace({0}, '[aeiou]', '#', 'g')")

    def expr_bool(self, scope, depth):
        r = self.r

        def sub(k):
            return self.expr(scope, k, depth)
        which = r.randrange(14)
        if which < 4:
            kind = r.choice(["int", "int", "dbl", "dec", "str", "date", "ts",
                             "bool"])
            c = self.column(scope, [k for k, v in PLAIN.items() if v == kind])
            a = c if c and r.random() < 0.4 else sub(kind)
            return make("bool", "({0} %s {1})" % r.choice(COMPARE), a,
                        sub(kind))
        if which == 4:
            return make("bool", "({0} %s {1})" % r.choice(["and", "or"]),
                        sub("bool"), sub("bool"))
        if which == 5:
            return make("bool", "(not {0})", sub("bool"))
        if which == 6:
            c = r.choice(scope)
            return make("bool", "({0} is %s null)" % r.choice(["", "not"]), c)
        if which == 7:
            kind = r.choice(["int", "dec", "date"])
            return make("bool", "({0} between {1} and {2})", sub(kind),
                        sub(kind), sub(kind))
        if which == 8:
            kind = r.choice(["int", "str", "date"])
            n = r.randint(1, 4)
            return make("bool", "({0} %s (%s))" % (
                r.choice(["in", "not in"]),
                ", ".join("{%d}" % (i + 1) for i in range(n))), sub(kind),
                *[self.literal(kind) for _ in range(n)])
        if which == 9:
            return make("bool", "({0} %s '%s')" % (
                r.choice(["like", "not like"]),
                r.choice(["a%", "%a%", "_b%", "%", "", "%,%", "a_c", "ab"])),
                self.any_string(scope, depth))
        if which == 10:
            p = r.choice(["^a", "[0-9]+", "b.n", "(a|b)c?", "^[A-Z]"])
            return make("bool", "({0} rlike '%s')" % p,
                        self.any_string(scope, depth),
                        duck="regexp_matches({0}, '%s')" % p)
        if which == 11:
            kind = r.choice(["int", "str", "dbl"])
            return make("bool", "({0} <=> {1})", sub(kind), sub(kind),
                        duck="({0} is not distinct from {1})")
        if which == 12:
            f = r.choice(["startswith", "endswith", "contains"])
            return make("bool", f + "({0}, {1})",
                        self.any_string(scope, depth), self.literal("str"),
                        duck=f.replace("swith", "s_with") + "({0}, {1})")
        return make("bool", "({0} is distinct from {1})", sub("int"),
                    sub("int"))

    def expr_date(self, scope, depth):
        r = self.r
        a = self.expr(scope, "date", 0)
        n = self.r.randint(-60, 60)
        return r.choice([
            make("date", "date_add({0}, %d)" % n, a,
                 duck="cast({0} + (%d) as date)" % n),
            make("date", "date_sub({0}, %d)" % n, a,
                 duck="cast({0} - (%d) as date)" % n),
            make("date", "add_months({0}, %d)" % n, a,
                 duck="cast({0} + to_months(%d) as date)" % n),
            make("date", "last_day({0})", a),
            make("date", "trunc({0}, 'MM')", a,
                 duck="cast(date_trunc('month', {0}) as date)"),
            make("date", "trunc({0}, 'YEAR')", a,
                 duck="cast(date_trunc('year', {0}) as date)"),
            make("date", "cast({0} as date)", self.expr(scope, "ts", 0)),
        ])

    def expr_ts(self, scope, depth):
        r = self.r
        a = self.expr(scope, "ts", 0)
        unit = r.choice(["hour", "day", "month", "minute"])
        return r.choice([
            make("ts", "date_trunc('%s', {0})" % unit, a),
            make("ts", "({0} + interval '%d' %s)" % (r.randint(0, 50), unit),
                 a),
            make("ts", "cast({0} as timestamp)", self.expr(scope, "date", 0)),
        ])

    # -- aggregates ---------------------------------------------------------

    def aggregate(self, scope):
        r = self.r
        which = r.randrange(24)

        def sub(k, depth=1):
            return self.expr(scope, k, depth)
        if which == 15:
            a = self.column(scope, ("int",)) or self.literal("int")
            return make("int", "sum(distinct {0})", a, bound=a.bound * 10**6)
        if which == 16:
            return make("xdbl", "avg(distinct {0})", sub("int"))
        if which == 17:
            x, y = r.choice(scope), r.choice(scope)
            return make("int", "count(distinct {0}, {1})", x, y,
                        duck="count(distinct case when {0} is not null and "
                        "{1} is not null then ({0}, {1}) end)", bound=10**6)
        if which == 18:
            a = self.column(scope, ("int",)) or self.literal("int")
            return make("int", r.choice(["bit_and", "bit_or", "bit_xor"]) +
                        "(cast({0} as bigint))", a, bound=2**62)
        if which == 19:
            return make("xdbl", "median({0})", make(
                "int", "cast({0} as double)", self.column(scope, ("int",)) or
                self.literal("int")))
        if which == 20:
            # What cancels out is noise.
            return make("xdbl", "round(" + r.choice(
                ["covar_pop", "covar_samp"]) + "({0}, {1}), 3)",
                self.small(scope), make("dbl", "cast({0} as double)",
                                        sub("int", 0)))
        if which == 21:
            a = sub("int")
            return make("int", "sum({0}) filter (where {1})", a, sub("bool"),
                        bound=a.bound * 10**6)
        if which == 22:
            c = self.column(scope, ("int", "str", "date", "ts", "dec"))
            if c:
                return make(c.kind, "max({0}) filter (where {1})", c,
                            sub("bool"), bound=c.bound)
        if which >= 22:
            c = sub("str")
            return make("str", r.choice(["min", "max"]) + "({0})", c)
        if which == 0:
            return Expr("int", "count(*)", bound=10**6)
        if which in (1, 2):
            c = r.choice(scope)
            return make("int", "count(%s{0})" % r.choice(["", "distinct "]), c,
                        bound=10**6)
        if which in (3, 4):
            a = sub("int")
            return make("int", "sum({0})", a, bound=a.bound * 10**6)
        if which == 5:
            return make("dec", "sum({0})", sub("dec"),
                        duck="cast(sum({0}) as decimal(24,2))")
        if which == 6:
            return make("xdbl", r.choice(["sum", "avg"]) + "({0})",
                        self.small(scope))
        if which in (7, 8, 9):
            c = r.choice(scope)
            return make(c.kind, r.choice(["min", "max"]) + "({0})", c,
                        bound=c.bound)
        if which == 10:
            return make("bool", r.choice(["bool_and", "bool_or"]) + "({0})",
                        sub("bool"))
        if which == 11:
            return make("xdbl", r.choice(["stddev_samp", "stddev_pop",
                        "var_samp", "var_pop"]) + "({0})",
                        make("int", "cast({0} as double)",
                             self.column(scope, ("int",)) or
                             self.literal("int")))
        if which == 12:
            return make("int", "count_if({0})", sub("bool"),
                        duck="coalesce(count_if({0}), 0)", bound=10**6)
        if which == 13:
            return make("xdbl", "avg({0})", sub("int"))
        c = sub("bool")
        return make("int", "count(*) filter (where {0})", c, bound=10**6)

    # -- sources ------------------------------------------------------------

    def table(self, scope_name):
        t = "t%d" % self.r.randrange(3)
        cols = [Expr(k, "%s.%s" % (scope_name, n), bound=b)
                for n, _, k, b in COLUMNS]
        text = "%s as %s" % (t, scope_name)
        return text, text, cols

    def derived(self, depth):
        a = self.name("q")
        q = self.query(depth - 1)
        cols = [Expr(c.kind, "%s.%s" % (a, c.sp), bound=c.bound)
                for c in q.columns]
        return "(%s) as %s" % (q.sp, a), "(%s) as %s" % (q.duck, a), cols

    def side(self, depth):
        which = self.r.random()
        if depth > 0 and which < 0.25:
            return self.derived(depth)
        if which < 0.29:
            return self.inline()
        if which < 0.31:
            a = self.name("r")
            n = self.r.choice([0, 1, 7, 100])
            return ("range(%d) as %s" % (n, a), "range(%d) as %s(id)" % (n, a),
                    [Expr("int", a + ".id", bound=100)])
        return self.table(self.name("a"))

    def inline(self):
        """Rows in the text."""
        r, a = self.r, self.name("v")
        kinds = [r.choice(["int", "str", "date", "bool", "ts"])
                 for _ in range(r.randint(1, 3))]
        types = {"int": "bigint", "str": "string", "date": "date",
                 "bool": "boolean", "ts": "timestamp"}
        sp, duck = [], []
        for row in range(r.randint(1, 4)):
            cells = [Expr(k, "null") if row and r.random() < 0.2
                     else self.literal(k) for k in kinds]
            if row == 0:
                cells = [make(k, "cast({0} as %s)" % types[k], c)
                         for k, c in zip(kinds, cells)]
            sp.append("(%s)" % ", ".join(c.sp for c in cells))
            duck.append("(%s)" % ", ".join(c.duck for c in cells))
        names = ", ".join("x%d" % i for i in range(len(kinds)))
        return ("(values %s) as %s(%s)" % (", ".join(sp), a, names),
                "(values %s) as %s(%s)" % (", ".join(duck), a, names),
                [Expr(k, "%s.x%d" % (a, i), bound=100)
                 for i, k in enumerate(kinds)])

    JOINS = [("inner join", 0), ("join", 0), ("left join", 1),
             ("right join", 0), ("full join", 0), ("left semi join", 2),
             ("left anti join", 2), ("cross join", 3)]

    def source(self, depth):
        """A from clause.  Returns (sp, duck, columns)."""
        r = self.r
        if r.random() < 0.06:
            return self.exploded()
        if r.random() < 0.08:
            return self.using()
        sp, duck, cols = self.side(depth)
        rows_big = False
        for _ in range(r.choice([0, 0, 0, 1, 1, 2])):
            how, sort = r.choice(self.JOINS)
            if sort == 3:
                if rows_big:
                    continue
                rows_big = True
                s = self.name("c")
                one = "(select u, s from t0) as %s" % s
                sp += " cross join " + one
                duck += " cross join " + one
                cols = cols + [Expr("int", s + ".u", bound=1000),
                               Expr("str", s + ".s")]
                continue
            sp2, duck2, cols2 = self.side(depth)
            on = self.join_on(cols, cols2, sort in (0, 2) and "right" not in
                              how and "full" not in how)
            if on is None:
                continue
            sp += " %s %s on %s" % (how, sp2, on.sp)
            duck += " %s %s on %s" % (
                how.replace("left semi", "semi").replace("left anti", "anti"),
                duck2, on.duck)
            if sort != 2:
                cols = cols + cols2
        return sp, duck, cols

    def using(self):
        """A join of two tables by names they share."""
        a, b = self.name("a"), self.name("b")
        (sp, duck, cols), (sp2, duck2, cols2) = self.table(a), self.table(b)
        names = self.r.sample(["k", "u", "i", "s", "z", "dt", "x", "e"],
                              self.r.choice([1, 1, 2]))
        how, sort = self.r.choice([j for j in self.JOINS if j[1] != 3])
        text = " %s %s using (" + ", ".join(names) + ")"
        kind = {n: (k, bound) for n, _, k, bound in COLUMNS}
        merged = [Expr(kind[n][0], n, bound=kind[n][1]) for n in names]
        rest = [c for c in cols + (cols2 if sort != 2 else [])
                if c.sp.split(".")[1] not in names]
        return (sp + text % (how, sp2), duck + text % (
            how.replace("left semi", "semi").replace("left anti", "anti"),
            duck2), merged + rest)

    def join_on(self, a, b, residual):
        r = self.r
        kinds = ["int", "str", "date", "xstr", "xint", "xdbl", "dec"]
        for kind in r.sample(kinds, len(kinds)):
            x, y = self.column(a, (kind,)), self.column(b, (kind,))
            if x and y:
                break
        else:
            return None
        on = make("bool", "{0} = {1}", x, y)
        x, y = self.column(a, ("int",)), self.column(b, ("int",))
        if x and y and r.random() < 0.3:
            on = make("bool", "{0} and {1} = {2}", on, x, y)
        if residual and x and y and r.random() < 0.3:
            on = make("bool", "{0} and {1} < {2}", on, x, y)
        return on

    def exploded(self):
        t = "t%d" % self.r.randrange(3)
        a = self.name("x")
        sp = "(select u, k, w from %s lateral view explode(split(s, ',')) " \
            "e as w) as %s" % (t, a)
        duck = "(select u, k, unnest(string_split(s, ',')) as w from %s) " \
            "as %s" % (t, a)
        return sp, duck, [Expr("int", a + ".u", bound=1000),
                          Expr("int", a + ".k", bound=10),
                          Expr("str", a + ".w")]

    def subquery_test(self, scope):
        """A condition with an uncorrelated subquery."""
        r = self.r
        t = self.name("t")
        sp, duck, cols = self.table(t)
        w = self.expr(cols, "bool", 1)
        inner = (" from " + sp + " where " + w.sp,
                 " from " + duck + " where " + w.duck)
        which = r.randrange(3)
        if which == 0:
            return Expr("bool", "exists (select 1%s)" % inner[0],
                        "exists (select 1%s)" % inner[1])
        kind = r.choice(["int", "str", "date"])
        x = self.expr(scope, kind, 1)
        y = self.column(cols, (kind,))
        if which == 1:
            word = r.choice(["in", "not in"])
            return Expr("bool", "(%s %s (select %s%s))" % (
                x.sp, word, y.sp, inner[0]), "(%s %s (select %s%s))" % (
                x.duck, word, y.duck, inner[1]))
        f, op = r.choice(["max", "min"]), r.choice(COMPARE)
        return Expr("bool", "(%s %s (select %s(%s)%s))" % (
            x.sp, op, f, y.sp, inner[0]), "(%s %s (select %s(%s)%s))" % (
            x.duck, op, f, y.duck, inner[1]))

    # -- queries ------------------------------------------------------------

    def select(self, depth, kinds=None):
        """select ... from ... [where] [group by] [having]; kinds: of the
        columns wanted, or None for any."""
        r = self.r
        sp, duck, scope = self.source(depth)
        where = None
        if r.random() < 0.6:
            where = self.expr(scope, "bool", 2)
            if r.random() < 0.15:
                where = make("bool", "({0} and {1})", where,
                             self.subquery_test(scope))
        group = r.random() < 0.4 and kinds is None
        distinct = "distinct " if not group and r.random() < 0.12 else ""
        tail_sp = tail_duck = ""
        if where:
            tail_sp, tail_duck = " where " + where.sp, " where " + where.duck
        if group:
            items, gs, gd = self.grouping(scope)
            tail_sp, tail_duck = tail_sp + gs, tail_duck + gd
        else:
            items = self.items(scope, kinds)
        names = ["c%d" % i for i in range(len(items))]
        out = [Expr(e.kind, n, bound=e.bound) for e, n in zip(items, names)]
        return Query(
            out,
            "select %s%s from %s%s" % (distinct, ", ".join(
                "%s as %s" % (e.sp, n) for e, n in zip(items, names)),
                sp, tail_sp),
            "select %s%s from %s%s" % (distinct, ", ".join(
                "%s as %s" % (e.duck, n) for e, n in zip(items, names)),
                duck, tail_duck))

    def items(self, scope, kinds):
        r = self.r
        if kinds is None:
            kinds = [r.choice(["int", "int", "dbl", "dec", "str", "bool",
                               "date", "ts", "any"])
                     for _ in range(r.randint(1, 5))]
        return [r.choice(scope) if k == "any" else
                self.scalar(k) if k in ("int", "str", "date") and
                r.random() < 0.04 else self.expr(scope, k, 3)
                for k in kinds]

    def scalar(self, kind):
        """A subquery as a value."""
        t = self.name("t")
        sp, duck, cols = self.table(t)
        y = self.expr(cols, kind, 1)
        f = self.r.choice(["max", "min"])
        w = self.expr(cols, "bool", 1)
        return Expr(kind, "(select %s(%s) from %s where %s)" % (
            f, y.sp, sp, w.sp), "(select %s(%s) from %s where %s)" % (
            f, y.duck, duck, w.duck), bound=max(y.bound, 1))

    def grouping(self, scope):
        r = self.r
        keys = []
        for _ in range(r.choice([0, 1, 1, 1, 2, 3])):
            k = r.choice(scope) if r.random() < 0.6 else self.expr(
                scope, r.choice(["int", "str", "bool", "date"]), 2)
            # A constant as a key would be an ordinal in both languages.
            if re.search(r"[a-z]\d+\.|^[a-z]+$", k.sp) and \
                    k.sp not in [x.sp for x in keys]:
                keys.append(k)
        aggs = [self.aggregate(scope) for _ in range(r.randint(1, 3))]
        items = keys + aggs
        sp = duck = ""
        if keys:
            if r.random() < 0.5:
                sp = duck = " group by " + ", ".join(
                    str(i + 1) for i in range(len(keys)))
            else:
                sp = " group by " + ", ".join(k.sp for k in keys)
                duck = " group by " + ", ".join(k.duck for k in keys)
            if r.random() < 0.3:
                a = self.aggregate(scope)
                h = make("bool", "{0} is not null", a) if a.kind != "int" \
                    else make("bool", "{0} %s %d" % (
                        r.choice(COMPARE), r.randint(0, 5)), a)
                sp, duck = sp + " having " + h.sp, duck + " having " + h.duck
        return items, sp, duck

    def setop(self, depth):
        r = self.r
        kinds = [r.choice(["int", "str", "date", "bool", "dec"])
                 for _ in range(r.randint(1, 3))]
        a, b = self.select(depth, kinds), self.select(depth, kinds)
        op = r.choice(["union all", "union", "intersect", "except",
                       "intersect all", "except all", "union distinct"])
        cols = [Expr(x.kind, x.sp, bound=max(x.bound, y.bound))
                for x, y in zip(a.columns, b.columns)]
        return Query(cols, "(%s) %s (%s)" % (a.sp, op, b.sp),
                     "(%s) %s (%s)" % (a.duck, op.replace(" distinct", ""),
                                       b.duck))

    def query(self, depth):
        which = self.r.random()
        if which < 0.12:
            return self.setop(depth)
        q = self.select(depth)
        if which < 0.16 and not any("dbl" in c.kind or c.kind == "flt"
                                    for c in q.columns):
            return self.order(q)
        return q

    def ctes(self, q):
        """Names for queries; the last one used is read twice or joined."""
        a, b = self.name("w"), self.name("w")
        names = [c.sp for c in q.columns]
        kind = self.r.randrange(3)
        if kind == 0:
            tail = "select * from {0} union all select * from {0}"
        elif kind == 1:
            tail = "select x.* from {0} as x left join {1} as y on " + \
                " and ".join("x.%s <=> y.%s" % (n, n) for n in names)
        else:
            tail = "select count(*) as c0 from {1} as x cross join " \
                "(select * from {0} limit 3) as y"
        second = "select distinct * from " + a
        sp = "with %s as (%s), %s as (%s) %s" % (
            a, q.sp, b, second, tail.format(a, b))
        duck = "with %s as (%s), %s as (%s) %s" % (
            a, q.duck, b, second,
            tail.format(a, b).replace("<=>", "is not distinct from"))
        cols = q.columns if kind < 2 else [Expr("int", "c0", bound=10**9)]
        return Query(cols, sp, duck)

    def order(self, q):
        """Sorts by all columns; a limit may follow."""
        r = self.r
        keys = []
        for c in r.sample(q.columns, len(q.columns)):
            way = r.choice(["asc", "desc"])
            nulls = r.choice(["first", "last", None])
            default = "first" if way == "asc" else "last"
            shown = way if way == "desc" or r.random() < 0.5 else ""
            keys.append((c.sp + " " + shown + (" nulls " + nulls if nulls
                                               else ""),
                         "%s %s nulls %s" % (c.sp, way, nulls or default)))
        limit = ""
        if r.random() < 0.6:
            limit = " limit %d" % r.choice([0, 1, 2, 5, 10, 50])
            if r.random() < 0.3:
                limit += " offset %d" % r.choice([0, 1, 3])
        return Query(
            q.columns,
            "select * from (%s) as o order by %s%s" % (
                q.sp, ", ".join(k[0] for k in keys), limit),
            "select * from (%s) as o order by %s%s" % (
                q.duck, ", ".join(k[1] for k in keys), limit), True)

    def top(self):
        r = self.r
        q = self.query(2)
        if r.random() < 0.12:
            n = self.name("w")
            q = self.ctes(q) if r.random() < 0.6 else Query(
                q.columns, "with %s as (%s) select * from %s" % (n, q.sp, n),
                "with %s as (%s) select * from %s" % (n, q.duck, n))
        elif r.random() < 0.35 and not any("dbl" in c.kind or c.kind == "flt"
                                           for c in q.columns):
            q = self.order(q)
        return q
