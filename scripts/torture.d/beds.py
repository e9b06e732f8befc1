"""Where the runs of scripts/torture happen: one machine, three hosts, a
standing cluster; and finding processes and what was left over."""
import glob
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = os.path.join(TOP, os.environ.get('OUT', 'build'))
LEDGER = TOP + '/tests/cluster/ledger'
# The group whose connections do not go through the proxy, which makes them.
PROXY_GROUP, PROXY_PORT = 6030, 7777


def role_of(stat):
    """Name and state of a process, by its /proc/PID/stat."""
    close = stat.rindex(')')
    return stat[stat.index('(') + 1:close], stat[close + 2]


def find(mark):
    """Processes that have the mark in their environment: (pid, role)."""
    found = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{pid}/environ', 'rb') as f:
                if mark not in f.read():
                    continue
            with open(f'/proc/{pid}/stat') as f:
                stat = f.read()
        except OSError:
            continue
        role, state = role_of(stat)
        if state in 'ZX':
            continue
        found.append((int(pid), role if role.startswith('sp-') else 'command'))
    return sorted(found)


class Hosts:
    """Three hosts in namespaces, and host0 where the driver runs: a shell
    that knows tests/cluster/hosts.bash and does what it is told."""

    def __init__(self, env):
        self.shell = subprocess.Popen(
            ['bash'], env=dict(env, TOP=TOP, OUT=OUT, SP_TEST_MARK='',
                             TMPDIR=env['HOME']), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1)
        self.tell('. "$TOP/tests/cluster/hosts.bash"')
        self.tell('hosts_up 3 --sshd "MaxStartups 100"; hosts_login')
        self.dir = self.tell('echo "$HOSTS"')
        self.down = set()
        self.touched = False    # since heal
        self.spaces = {}

    def tell(self, command):
        self.touched = True
        self.shell.stdin.write(command + '\necho " done $?"\n')
        said = ''
        while not (line := self.shell.stdout.readline()).startswith(' done'):
            if not line:
                sys.exit('torture: the hosts are gone')
            said += line
        return said.strip()

    def pid(self, i):
        with open(f'{self.dir}/host{i}.pid') as f:
            return int(f.read())

    def on_driver(self, argv):
        return ['nsenter', '-t', str(self.pid(0)), '-n', '-u', '-m', '--',
                'env', '-C', TOP, *argv]

    def processes(self):
        """Those of the hosts, without their init and sshd."""
        spaces, found = set(), []
        for i in (1, 2, 3):
            try:
                spaces.add(os.readlink(f'/proc/{self.pid(i)}/ns/pid_for_children'))
            except OSError:
                pass
        for pid in filter(str.isdigit, os.listdir('/proc')):
            try:
                if os.readlink(f'/proc/{pid}/ns/pid') not in spaces:
                    continue
                with open(f'/proc/{pid}/stat') as f:
                    role, state = role_of(f.read())
            except OSError:
                continue
            if state not in 'ZX' and role not in ('sshd', 'bash', 'unshare'):
                found.append((int(pid), role if role.startswith('sp-') else 'command'))
        return found

    def heal(self):
        if not self.touched:
            return
        self.tell('hosts_heal')
        for i in sorted(self.down):
            self.tell(f'host_boot {i}')
        self.down.clear()
        self.touched = False

    def left(self):
        found = []
        for i in (1, 2, 3):
            said = self.tell(f'on_host {i} find /tmp /var/tmp -mindepth 1')
            found += [f'host{i}:{x}' for x in said.split()]
        return found

    def close(self):
        self.tell('hosts_down')
        self.shell.stdin.close()
        self.shell.wait()


class Standing:
    """sp-master and three workers on this machine; dead ones come back."""

    def __init__(self, bed):
        self.bed, self.child, self.died = bed, {}, {}
        self.mark = bed.mark + '.daemon'
        self.more = {}                  # environment of the next one
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            self.url = 'sp://127.0.0.1:%d' % s.getsockname()[1]
        self.start('master')
        time.sleep(0.3)
        for i in (1, 2, 3):
            self.start(f'worker{i}')

    def start(self, name):
        place = f'{self.bed.dir}/{name}'
        if name == 'master':
            argv = ['sp-master', '-v', '-d', place, '-p', self.url.split(':')[-1]]
        else:
            argv = ['sp-worker', '-v', '-c', '2', '-m', '1300m', '-d', place, self.url]
        key, value = self.mark.split('=')
        with open(place + '.log', 'a') as log:
            self.child[name] = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                executable=f'{OUT}/bin/{argv[0]}',
                env=dict(self.bed.env, **{key: value}, **self.more))
        self.more = {}

    def tend(self):
        """Starts those that died half a second ago."""
        for name, child in self.child.items():
            if child.poll() is None:
                continue
            if time.time() - self.died.setdefault(name, time.time()) > 0.5:
                del self.died[name]
                self.start(name)

    def ready(self):
        """There is a master: without one a run could not begin."""
        if self.child['master'].poll() is None:
            return
        self.died.pop('master', None)
        self.start('master')
        end = time.time() + 10
        while time.time() < end:
            with socket.socket() as s:
                if s.connect_ex(('127.0.0.1', int(self.url.split(':')[-1]))) == 0:
                    return
            time.sleep(0.01)

    def arm(self, program, more):
        """One daemon, or the executors of one worker, shall fail."""
        name = 'master' if program == 'sp-master' else 'worker1'
        self.child[name].kill()
        self.child[name].wait()
        self.more = more
        self.start(name)
        time.sleep(0.3)

    def processes(self):
        return find(self.mark.encode())

    def left(self):
        end = time.time() + 20
        while time.time() < end:
            self.tend()
            found = glob.glob(self.bed.dir + '/worker*/app/*')
            found += [f'{p} {r}' for p, r in self.processes()
                      if r in ('sp-executor', 'command')]
            if not found:
                break
            time.sleep(0.1)
        return found

    def close(self):
        for child in self.child.values():
            child.terminate()
        end = time.time() + 20
        while (left := self.processes()) and time.time() < end:
            time.sleep(0.05)
        for pid, role in left:
            print('left running:', pid, role)
            os.kill(pid, signal.SIGKILL)


class Bed:
    """Directories, the watcher, and what is common to all runs."""

    def __init__(self, args):
        self.args = args
        self.dir = args.dir or tempfile.mkdtemp(prefix='torture.')
        os.makedirs(self.dir, exist_ok=True)
        self.tmpfs = []
        for name in ('scratch', 'tmp', 'home', 'out'):
            os.makedirs(f'{self.dir}/{name}', exist_ok=True)
        self.disks = ('scratch', 'out')
        if args.mode == 'sp':           # scratch is where workers are
            self.disks = ('worker1', 'worker2', 'worker3', 'out')
        if 'disk' in args.faults:
            for name in self.disks:
                os.makedirs(f'{self.dir}/{name}', exist_ok=True)
                subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=64m,mode=700',
                                'torture', f'{self.dir}/{name}'], check=True)
                self.tmpfs.append(f'{self.dir}/{name}')
        self.mark = f'SP_TORTURE={os.getpid()}.{time.time_ns()}'
        self.env = dict(os.environ, PATH=f'{OUT}/bin:' + os.environ['PATH'],
                        HOME=self.dir + '/home', TMPDIR=self.dir + '/tmp',
                        SPARK_LOCAL_DIRS=self.dir + '/scratch', TZ='UTC')
        for name in ('SP_CONF', 'XDG_CONFIG_HOME', 'XDG_CACHE_HOME', 'SP_FORCE'):
            self.env.pop(name, None)
        self.hosts = Hosts(self.env) if args.mode == 'ssh' else None
        self.standing = Standing(self) if args.mode == 'sp' else None
        self.ledger('make', self.dir, str(args.rows))
        self.proxy = None
        self.log = self.dir + '/watch'
        self.watcher = subprocess.Popen([OUT + '/tests/tools/watch',
                                         self.dir + '/out', self.log])
        self.done = []          # numbers of the runs that are in the outputs
        self.seconds = 1.0      # a run without faults, and the pieces
        self.chunks = 500       # in which bytes then pass the proxy
        self.seed = args.seed   # of the run that is made,
        self.used = 3           # and its executors or hosts

    def ledger(self, *words, check=True):
        return subprocess.run([LEDGER, *words], env=self.env, check=check,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors='replace')

    def start(self, number, options, more):
        name, value = self.mark.split('=')
        argv = [LEDGER, 'run', self.dir, str(number), *options]
        return subprocess.Popen(
            self.hosts.on_driver(argv) if self.hosts else argv,
            env=dict(self.env, **{name: value}, **more),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=open(self.dir + '/stderr', 'w'))

    def processes(self):
        return find(self.mark.encode()) + \
            (self.hosts.processes() if self.hosts else [])

    def orphans(self):
        """Processes that may not outlive a run."""
        return [(p, r) for p, r in self.processes()
                if not self.standing or r in ('sp-submit', 'sp-executor', 'command')]

    def watched(self, tick):
        """What the watcher found wrong until now."""
        path = f'{self.dir}/out/.tick-{tick}'
        open(path, 'w').close()
        end = time.time() + 20
        while time.time() < end:
            with open(self.log, errors='replace') as f:
                text = f.read()
            if f'tick {tick}\n' in text:
                return [x for x in text.split('\n') if not x.startswith('tick') and x]
            time.sleep(0.005)
        return ['wrong: the watcher does not answer']

    def said(self):
        with open(self.dir + '/stderr', errors='replace') as f:
            return f.read(2000).strip().replace('\n', '\n    ')

    def proxy_start(self, options):
        """All connections of the run go through it."""
        def group():
            os.setgroups([])
            os.setgid(PROXY_GROUP)
        self.proxy = subprocess.Popen(
            [OUT + '/tests/tools/proxy', f'127.0.0.1:{PROXY_PORT}', 'original',
             *options], stdout=subprocess.PIPE, text=True, preexec_fn=group)
        self.proxy.stdout.readline()

    def proxy_end(self):
        """What it did, by name."""
        if self.proxy is None:
            return {}
        self.proxy.send_signal(signal.SIGTERM)
        text = self.proxy.communicate()[0]
        self.proxy = None
        return {k: int(n) for k, n in re.findall(r'(\w+) (\d+)\n', text)}

    def left(self):
        found = []
        for name in ('scratch', 'tmp'):
            found += [f'{name}/{x}' for x in os.listdir(f'{self.dir}/{name}')]
        found += ['out/' + x for x in os.listdir(self.dir + '/out')
                  if x.startswith('.') and not x.startswith('.tick-')]
        return found

    def close(self, keep):
        if self.hosts:
            self.hosts.close()
        if self.standing:
            self.standing.close()
        self.proxy_end()
        self.watcher.terminate()
        self.watcher.wait()
        for path in self.tmpfs:
            subprocess.run(['umount', '-l', path])
        if keep:
            print('kept:', self.dir)
        else:
            shutil.rmtree(self.dir, ignore_errors=True)
