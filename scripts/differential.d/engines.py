"""sp, DuckDB and Spark: each gets the tables and runs queries."""
import logging
import os
import subprocess

from judge import from_python, from_text
from queries import plain
from tables import COLUMNS

class SpError(Exception):
    pass


class Sp:
    def __init__(self, out, scratch):
        self.bin = os.path.join(os.path.abspath(out), "bin", "sp-submit")
        self.env = dict(os.environ, SPARK_LOCAL_DIRS=scratch, TZ="UTC")

    def command(self, variant):
        env, args = dict(self.env), []
        for v in variant:
            if v.startswith("local"):
                args += ["-m", v]
            elif v.startswith("-c"):
                args += ["-c", v[2:].strip()]
            else:
                env["SP_FORCE"] = v
        return [self.bin, *args], env

    def run(self, text, kinds, variant=()):
        argv, env = self.command(variant)
        try:
            p = subprocess.run(argv + ["-e", text], capture_output=True,
                               stdin=subprocess.DEVNULL, env=env, timeout=60)
        except subprocess.TimeoutExpired:
            raise SpError("HANGS: no answer within 60 s")
        if p.returncode < 0 or p.returncode in (70, 139, 134):
            raise SpError("CRASH: exit %d: %s" % (
                p.returncode, p.stderr.decode(errors="replace")[-2000:]))
        if p.returncode:
            raise SpError(p.stderr.decode(errors="replace"))
        text = p.stdout.decode("utf-8", errors="surrogateescape")
        lines = text.split("\n")[:-1] if text else []
        return [tuple(map(from_text, line.split("\t"), kinds))
                for line in lines]


class Duck:
    name = "duckdb"

    def __init__(self):
        import duckdb
        self.con = duckdb.connect()
        self.con.execute("set threads = 1")
        self.con.execute("set TimeZone = 'UTC'")
        self.refusals = (duckdb.ParserException, duckdb.BinderException,
                         duckdb.NotImplementedException,
                         duckdb.CatalogException)
        self.errors = duckdb.Error

    def tables(self, tables):
        for name, rows in tables.items():
            self.con.execute("drop table if exists " + name)
            self.con.execute("create table %s (%s)" % (name, ", ".join(
                "%s %s" % (c[0], {"string": "varchar", "timestamp_ntz":
                                  "timestamp"}.get(c[1], c[1]))
                for c in COLUMNS)))
            arrow = arrow_table(rows, None)
            self.con.register("incoming", arrow)
            self.con.execute("insert into %s select * from incoming" % name)
            self.con.unregister("incoming")

    def run(self, q):
        kinds = [plain(c.kind) for c in q.columns]
        return [tuple(map(from_python, row, kinds))
                for row in self.con.execute(q.duck).fetchall()]


class Spark:
    name = "spark"

    def __init__(self, scratch):
        from pyspark.errors import AnalysisException, ParseException
        from py4j.protocol import Py4JJavaError
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
        self.scratch = scratch
        logging.getLogger("SQLQueryContextLogger").disabled = True
        self.spark = (
            SparkSession.builder.master("local[1]")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.sql.shuffle.partitions", 2)
            # Small data: what compiles is slower than what interprets.
            .config("spark.driver.extraJavaOptions",
                    "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
            .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
            .config("spark.sql.adaptive.enabled", "false")
            .config("spark.sql.ansi.enabled", "true")
            .config("spark.sql.codegen.wholeStage", "false")
            .config("spark.sql.legacy.parquet.nanosAsLong", "true")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.log.level", "OFF").getOrCreate())
        self.refusals = (AnalysisException, ParseException)
        self.errors = (PySparkException, Py4JJavaError, ValueError,
                       OverflowError)

    def tables(self, tables):
        import pyarrow.parquet
        for name, rows in tables.items():
            path = os.path.join(self.scratch, name + ".parquet")
            pyarrow.parquet.write_table(arrow_table(rows, "UTC"), path)
            self.spark.catalog.clearCache()
            self.spark.read.parquet(path).coalesce(2).cache() \
                .createOrReplaceTempView(name)

    def run(self, q):
        kinds = [plain(c.kind) for c in q.columns]
        return [tuple(map(from_python, row, kinds))
                for row in self.spark.sql(q.sp).collect()]


def arrow_table(rows, zone):
    import pyarrow as pa
    types = {"bigint": pa.int64(), "int": pa.int32(), "double": pa.float64(),
             "tinyint": pa.int8(), "smallint": pa.int16(),
             "float": pa.float32(), "decimal(38,10)": pa.decimal128(38, 10),
             "timestamp_ntz": pa.timestamp("us"),
             "decimal(12,2)": pa.decimal128(12, 2), "string": pa.string(),
             "boolean": pa.bool_(), "date": pa.date32(),
             "timestamp": pa.timestamp("us", tz=zone)}
    return pa.table({c[0]: pa.array([row[i] for row in rows],
                                    type=types[c[1]])
                     for i, c in enumerate(COLUMNS)})
