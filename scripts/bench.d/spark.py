"""Runs a job in a warm Spark session.

usage: spark.py THREADS wordcount INPUT OUTPUT-FOLDER

Prints the seconds that it took, without the start of the session.
"""
import sys
import time

from pyspark.sql import SparkSession

threads, what, source, target = sys.argv[1:5]
spark = (SparkSession.builder.master("local[%d]" % int(threads))
         .config("spark.driver.memory", "8g")
         .config("spark.ui.enabled", "false")
         .config("spark.sql.shuffle.partitions", 8)
         .config("spark.log.level", "ERROR").getOrCreate())
spark.range(1000).selectExpr("sum(id)").collect()
begin = time.perf_counter()
(spark.read.text(source)
 .selectExpr("explode(split(value, ' ')) as word")
 .groupBy("word").count()
 .write.mode("overwrite").option("sep", "\t").option("quote", "\x00")
 .csv(target))
print(time.perf_counter() - begin)
spark.stop()
