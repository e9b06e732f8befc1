#!/usr/bin/env python3
"""Speed of a cluster on this machine: its own processes, a standing cluster
on 127.0.0.1, and hosts that are namespaces with a real sshd
(tests/cluster/hosts.bash; as root).

usage: scripts/bench --cluster [--quick] [--runs N] [--out DIR] [--json FILE]
                               [--list] [job ...]

Each row has the figure, what it must be and what it should be, and the load
of the machine when the row was begun: with others at work the figures say
little.  Ratios compare runs of one program, in turn.  --quick: a tenth of the
data, two runs.
"""
import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
LOCAL = "local-cluster[%d,1,512m]"
EMPTY = "select * from range(0, 100000, 1, 100000)"
GROUP = ("select count(*), sum(c), max(s), min(k) from (select k, count(*) c, "
         "sum(v) s from (select ((id * 2654435761) %% %d) * 461168500001 k, "
         "id %% 1000 v from range(0, %d)) x group by k) y")
WORDS = ("select count(*), sum(n) from (select word, count(*) n from (select "
         "explode(split(value, ' ')) as word from (from '%s' text)) x group "
         "by word) y")
WORK = ("select * from range(0, %d, 1, %d) where sha2(cast(id as string), "
        "256) = 'x'")


def children(pid):
    """All that descend from a process."""
    kids = {}
    for p in os.listdir("/proc"):
        try:
            with open("/proc/%s/stat" % p) as f:
                up = int(f.read().rpartition(")")[2].split()[1])
            kids.setdefault(up, []).append(int(p))
        except (OSError, ValueError, IndexError):
            continue
    found = list(kids.get(pid, ()))
    for p in found:
        found += kids.get(p, ())
    return found


def name_of(pid):
    try:
        with open("/proc/%d/comm" % pid) as f:
            return f.read().strip()
    except OSError:
        return ""


def rss_mb(pid):
    with open("/proc/%d/status" % pid) as f:
        for line in f:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0


class Failed(Exception):
    pass


class Hosts:
    """host1 to hostN, and host0 for the driver."""
    def __init__(self, bench, n, shared=False):
        self.b, self.n = bench, n
        self.env = dict(bench.env, BATS_FILE_TMPDIR=bench.dir)
        self.shared = bench.dir + "/shared"
        os.makedirs(self.shared, exist_ok=True)
        out = self.bash("hosts_up %d %s && hosts_login && echo $HOSTS" % (
            n, "--shared '%s'" % self.shared if shared else ""))
        self.env["HOSTS"] = out.split()[-1]

    def bash(self, text):
        r = subprocess.run(["bash", "-c", "TOP='%s' OUT='%s'; . $TOP/tests/"
                            "cluster/hosts.bash; %s" % (TOP, self.b.out,
                                                        text)],
                           env=self.env, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if r.returncode:
            raise Failed("hosts: " + r.stderr.decode()[-600:])
        return r.stdout.decode()

    def on(self, host, *argv):
        """The command that runs argv there."""
        with open("%s/host%d.pid" % (self.env["HOSTS"], host)) as f:
            pid = f.read().strip()
        if host == 0:
            return ["nsenter", "-t", pid, "-n", "-u", "-m", "--", *argv]
        return ["nsenter", "-t", pid, "-n", "-u", "-i", "-m",
                "--pid=/proc/%s/ns/pid_for_children" % pid, "--", *argv]

    def down(self):
        self.bash("hosts_down")


class Standing:
    """A master and workers on 127.0.0.1."""
    def __init__(self, bench, workers, cores=1):
        self.b, self.workers = bench, []
        self.dir = tempfile.mkdtemp(dir=bench.dir)
        self.key = self.dir + "/key"
        self.master, self.url = self.start(
            "sp-master", "-p", "0", "-d", self.dir + "/state", "-k", self.key)
        for i in range(workers):
            p, _ = self.start("sp-worker", "-c", str(cores), "-m", "1g", "-d",
                              "%s/w%d" % (self.dir, i), "-k", self.key,
                              self.url)
            self.workers.append(p)

    def start(self, name, *args):
        """Starts a daemon; returns it and what it says when it is ready."""
        r, w = os.pipe()
        with open(self.dir + "/log", "ab") as log:
            p = subprocess.Popen(
                [os.path.join(self.b.bin, name), "--ready-fd", str(w), *args],
                pass_fds=[w], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env=self.b.env)
        os.close(w)
        with os.fdopen(r) as f:
            said = f.readline().strip()
        if not said:
            raise Failed("%s did not start, see %s/log" % (name, self.dir))
        return p, said

    def argv(self, *args):
        return [self.b.submit, "-m", self.url, "-c",
                "sp.cluster.key.file=" + self.key, *args]

    def kill(self, p):
        """kill -9 of a worker and of all that it started."""
        for pid in [*children(p.pid), p.pid]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        p.wait()

    def down(self):
        for p in [*self.workers, self.master]:
            if p.poll() is None:
                p.terminate()
        for p in [*self.workers, self.master]:
            try:
                p.wait(10)
            except subprocess.TimeoutExpired:
                self.kill(p)


class Bench:
    def __init__(self, o):
        self.o = o
        self.out = os.path.abspath(o.out)
        self.bin = self.out + "/bin"
        self.submit = self.bin + "/sp-submit"
        self.dir = tempfile.mkdtemp(prefix="bench-cluster.")
        os.chmod(self.dir, 0o755)
        os.makedirs(self.dir + "/home", mode=0o700)
        self.env = dict(os.environ, HOME=self.dir + "/home",
                        LC_ALL="C.UTF-8", TZ="UTC",
                        PATH=self.bin + ":" + os.environ["PATH"],
                        SP_TEST_MARK=self.dir, SPARK_LOCAL_DIRS=self.dir)
        for k in ("SP_CONF", "XDG_CONFIG_HOME", "XDG_CACHE_HOME",
                  "SP_MASTER", "SP_FORCE"):
            self.env.pop(k, None)
        self.rows, self.bad = [], 0

    # -- running ------------------------------------------------------------

    def time(self, argv, want=None, during=None):
        """Seconds and peak MB of a command; during(pid) runs beside it."""
        begin = time.perf_counter()
        p = subprocess.Popen(argv, env=self.env, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        beside = None
        if during:
            beside = threading.Thread(target=during, args=(p.pid,))
            beside.start()
        out, err = p.stdout.read(), p.stderr.read()
        _, status, use = os.wait4(p.pid, 0)
        seconds = time.perf_counter() - begin
        p.returncode = os.waitstatus_to_exitcode(status)
        if beside:
            beside.join()
        if p.returncode:
            raise Failed("exit %d: %s" % (p.returncode,
                                          err.decode()[-600:]))
        if want is not None and out != want:
            raise Failed("another answer: %r, not %r" % (out[:200], want))
        self.answer = out
        return seconds, use.ru_maxrss / 1024

    def sql(self, text, master=LOCAL % 2):
        return [self.submit, "-m", master, "-e", text]

    def best(self, argv, runs=None, want=None):
        return min(self.time(argv, want)[0]
                   for _ in range(runs or self.o.runs))

    def row(self, name, value, unit, must, aim, more=1):
        """more: 1 when more is better, -1 when less is."""
        ok = value * more >= must * more
        mark = "aim" if value * more >= aim * more else \
            "must" if ok else "MISSED"
        load = os.getloadavg()[0]
        self.rows.append(dict(job=name, value=value, unit=unit, must=must,
                              aim=aim, load=load, note=mark))
        print("%-34s %10.4g %-8s %8g %8g %6.1f  %s" % (
            name, value, unit, must, aim, load, mark), flush=True)

    # -- jobs ---------------------------------------------------------------

    def job_tasks(self):
        """empty tasks a second, one driver and 2 executors"""
        base = self.best(self.sql(EMPTY.replace("100000)", "1)") +
                                  " where id < 0"), 5)
        for n, runs in ((100_000, 3), (1_000_000, 1)):
            if n > 100_000 and self.o.quick:
                continue
            text = " union all ".join([EMPTY] * (n // 100_000))
            s = self.best(self.sql("select * from (%s) where id < 0" % text),
                          runs, b"")
            self.row("empty tasks/s, %d" % n, n / max(s - base, 1e-3) / 1000,
                     "k/s", 200, 1000)

    def job_trip(self):
        """one statement of one task on an idle cluster"""
        path = self.dir + "/many.sp"
        n = 400 if self.o.quick else 2000
        with open(path, "w") as f:
            f.writelines("select %d;\n" % i for i in range(n))
        p = subprocess.Popen([self.submit, "-m", LOCAL % 2, path],
                             env=self.env, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE)
        at = []
        while True:
            got = os.read(p.stdout.fileno(), 65536)
            if not got:
                break
            # Lines that came together count as if one after the other.
            at += [time.perf_counter()] * got.count(b"\n")
        if p.wait() or len(at) != n:
            raise Failed("%d of %d statements" % (len(at), n))
        ms = sorted((b - a) * 1000 for a, b in zip(at, at[1:]))
        self.row("round trip of a task, p50", statistics.median(ms), "ms",
                 0.5, 0.1, -1)
        self.row("round trip of a task, p99", ms[len(ms) * 99 // 100], "ms",
                 5, 1, -1)

    def small(self):
        path = self.dir + "/shared/small.csv"
        os.makedirs(self.dir + "/shared", exist_ok=True)
        with open(path, "w") as f:
            f.write("id,name\n")
            f.writelines("%d,name%d\n" % (i, i) for i in range(100))
        return "select count(*) from (from '%s' csv header true)" % path

    def job_count(self):
        """count(*) of a small file on a running cluster, whole process"""
        text = self.small()
        c = Standing(self, 2)
        try:
            argv = c.argv("-e", text)
            self.time(argv, b"100\n")
            s = statistics.median(self.time(argv, b"100\n")[0]
                                  for _ in range(15))
            self.row("count(*) on a running cluster", s * 1000, "ms", 50, 20,
                     -1)
        finally:
            c.down()

    def job_ssh(self):
        """the same on 2 bare hosts over SSH"""
        text = self.small()
        h = Hosts(self, 2)
        try:
            argv = h.on(0, *self.sql(text, "ssh://root@host1,root@host2"))
            there, new = [], []
            for _ in range(3 if self.o.quick else 7):
                for i in (1, 2):
                    subprocess.run(h.on(i, "sh", "-c",
                                        "rm -rf /root/.cache/sp"), check=True)
                new.append(self.time(argv, b"100\n")[0])
                there.append(self.time(argv, b"100\n")[0])
            self.row("... on 2 SSH hosts, bundle there",
                     statistics.median(there), "s", 0.4, 0.2, -1)
            self.row("... on 2 SSH hosts, nothing there",
                     statistics.median(new), "s", 1.5, 0.6, -1)
        finally:
            h.down()

    def job_up(self):
        """bring-up of a master and 4 workers over SSH"""
        help_text = subprocess.run([self.bin + "/sp-master", "--help"],
                                   capture_output=True).stdout
        if b" up " not in help_text:
            print("%-34s %10s" % ("bring-up of master + 4 workers",
                                  "(no sp-master up)"))
            return
        h = Hosts(self, 4)
        try:
            path = self.dir + "/hosts"
            with open(path, "w") as f:
                f.writelines("root@host%d cores=1\n" % i for i in range(1, 5))
            took = []
            for _ in range(self.o.runs):
                took.append(self.time(h.on(0, self.bin + "/sp-master", "up",
                                           path))[0])
                self.time(h.on(0, self.bin + "/sp-master", "down", path))
            self.row("bring-up of master + 4 workers", min(took), "s", 2, 0.6,
                     -1)
        finally:
            h.down()

    def job_two(self):
        """two 1-core executors on two hosts against one 2-core process"""
        h = Hosts(self, 2, shared=True)
        try:
            words = self.words(h.shared)
            n = 5_000_000 if self.o.quick else 50_000_000
            path = self.dir + "/hosts"
            with open(path, "w") as f:
                f.write("root@host1 cores=1\nroot@host2 cores=1\n")
            for name, text in (("word count", WORDS % words),
                               ("group by %d M keys" % (n * 2 // 5 // 10**6),
                                GROUP % (n * 2 // 5 + 3, n))):
                one, two = [], []
                for _ in range(self.o.runs):
                    one.append(self.time(self.sql(text, "local[2]"))[0])
                    two.append(self.time(h.on(0, *self.sql(
                        text, "ssh:" + path)), self.answer)[0])
                self.row("2 hosts / 1 process: " + name,
                         min(one) / min(two), "x", 0.7, 0.9)
        finally:
            h.down()

    def words(self, folder):
        """Text of the generator that scripts/bench uses."""
        tool, path = self.dir + "/bench-data", folder + "/words.txt"
        subprocess.run(["cc", "-O2", "-D_GNU_SOURCE", "-o", tool,
                        TOP + "/scripts/bench-data.c", "-lm"], check=True)
        with open(path, "wb") as f:
            subprocess.run([tool, "words", "100000000" if self.o.quick else
                            "1000000000"], stdout=f, check=True)
        return path

    def job_stage(self):
        """a stage of 10,000 tasks of 1 ms: time over that of few tasks"""
        n = 2_000 if self.o.quick else 10_000
        rows = 1_000_000
        a = self.best(self.sql(WORK % (2, 2)), 3)
        b = self.best(self.sql(WORK % (rows, 2)), 2)
        rows = max(100, int(rows * 0.001 / (2 * (b - a))))  # of 1 ms
        few, many = [], []
        for _ in range(self.o.runs):
            few.append(self.time(self.sql(WORK % (n * rows, 20)), b"")[0])
            many.append(self.time(self.sql(WORK % (n * rows, n)), b"")[0])
        self.row("%d tasks of %.2f ms: overhead" % (
            n, min(few) * 2000 / n), (min(many) / min(few) - 1) * 100, "%",
            15, 5, -1)

    def job_killed(self):
        """one of four workers killed half-way"""
        n = 2_000_000 if self.o.quick else 20_000_000
        text = GROUP % (n * 2 // 5 + 3, n)
        whole, added = [], []
        for _ in range(self.o.runs):
            c = Standing(self, 4)
            try:
                argv = c.argv("-e", text)
                s, _ = self.time(argv)
                whole.append(s)
                added.append(self.time(argv, self.answer, lambda pid: (
                    time.sleep(s / 2), c.kill(c.workers[1])))[0])
            finally:
                c.down()
        self.row("1 of 4 workers killed: added time",
                 (min(added) / min(whole) - 1) * 100, "%", 40, 20, -1)

    def job_idle(self):
        """memory of idle processes, and of a driver with many tasks"""
        c = Standing(self, 1)
        try:
            time.sleep(0.5)
            self.row("idle RSS of sp-master", rss_mb(c.master.pid), "MB", 8,
                     4, -1)
            self.row("idle RSS of sp-worker", rss_mb(c.workers[0].pid), "MB",
                     8, 4, -1)
            for p in children(c.workers[0].pid):
                self.row("idle RSS of " + name_of(p), rss_mb(p), "MB", 8, 4,
                         -1)
        finally:
            c.down()
        seen = []

        def look(pid):
            time.sleep(1)
            seen.extend(rss_mb(p) for p in children(pid)
                        if name_of(p) == "sp-executor")
        self.time(self.sql("from range(0, 1, 1, 1) | pipe 'sleep 2; cat'"),
                  None, look)
        if not seen:
            raise Failed("no executor was seen")
        self.row("idle RSS of sp-executor", min(seen), "MB", 8, 4, -1)
        text = " union all ".join([EMPTY] * (1 if self.o.quick else 10))
        # The kernel counts the memory of who forks in the child's peak.
        peak = self.dir + "/peak"
        self.time(["/usr/bin/time", "-f", "%M", "-o", peak, *self.sql(
            "select * from (%s) where id < 0" % text)], b"")
        with open(peak) as f:
            mb = int(f.read().split()[-1]) / 1024
        self.row("driver at %s tasks" % ("100 k" if self.o.quick else "1 M"),
                 mb, "MB", 256, 100, -1)


def main():
    p = argparse.ArgumentParser(add_help=False)
    for flag in ("--quick", "--list", "--help"):
        p.add_argument(flag, action="store_true")
    p.add_argument("--runs", type=int)
    p.add_argument("--out", default=TOP + "/build")
    p.add_argument("--json")
    p.add_argument("job", nargs="*")
    o = p.parse_args()
    jobs = [(m[4:], getattr(Bench, m)) for m in vars(Bench)
            if m.startswith("job_")]
    if o.help:
        print(__doc__.strip())
        return 0
    if o.list:
        for name, f in jobs:
            print("%-12s %s" % (name, f.__doc__))
        return 0
    unknown = set(o.job) - {name for name, _ in jobs}
    if unknown:
        print("bench: no job", *unknown, "(see --list)", file=sys.stderr)
        return 2
    o.runs = o.runs or (2 if o.quick else 3)
    b = Bench(o)
    print("%-34s %10s %-8s %8s %8s %6s" % ("row", "figure", "unit", "must",
                                           "aim", "load"))
    try:
        for name, f in jobs:
            if o.job and name not in o.job:
                continue
            try:
                f(b)
            except (Failed, OSError, subprocess.CalledProcessError) as e:
                b.bad += 1
                print("%s: %s" % (name, e), file=sys.stderr)
    finally:
        shutil.rmtree(b.dir, ignore_errors=True)
    if o.json:
        with open(o.json, "w") as f:
            json.dump(b.rows, f, indent=1)
    missed = sum(r["note"] == "MISSED" for r in b.rows)
    print("%d of %d rows missed, %d failures" % (missed, len(b.rows), b.bad))
    return 1 if missed or b.bad else 0


if __name__ == "__main__":
    sys.exit(main())
