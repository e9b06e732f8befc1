"""The faults of scripts/torture.  fault_NAME chooses by a seed: it returns
what the environment of the run gets, and a plan: when (in times of a run
without faults) what happens, with which words."""
import glob
import os
import re
import signal
import time

from beds import TOP

PROGRAMS = ('sp-submit', 'sp-executor', 'sp-worker', 'sp-master', 'sp-shuffle')
ERRNO = {'EIO': 5, 'ENOSPC': 28, 'EMFILE': 24, 'EDQUOT': 122}
CLOCK = sorted(glob.glob('/usr/lib/*/faketime/libfaketimeMT.so.1'))


def points():
    """Places where a process can die or a call can fail (lib/base/fail.h),
    also within the calls of lib/io/fd.h."""
    found = set()
    for path in glob.glob(TOP + '/lib/*/*.c'):
        with open(path) as f:
            text = f.read()
        found.update(re.findall(r'fail_here\(\s*"([^"]+)"', text))
        found.update(re.findall(r'\bfd_[a-z_]+\([^;]*?"([a-z]+\.[a-z]+)"\)', text))
    # Those of tools that the job does not use are left out.
    return sorted(p for p in found if not p.startswith("shuffle."))


def fault_none(rng, bed):
    return {}, []


def fault_kill(rng, bed):
    count = rng.choice((1, 1, 1, 2, 3))
    return {}, [(rng.uniform(0, 1.2), act_signal, signal.SIGKILL,
                 rng.random(), rng.random()) for _ in range(count)]


def fault_stop(rng, bed):
    plan = []
    for _ in range(rng.choice((1, 1, 2))):
        at, which, role = rng.uniform(0, 1), rng.random(), rng.random()
        rest = rng.uniform(0.02, bed.args.lease) / bed.seconds
        plan += [(at, act_signal, signal.SIGSTOP, which, role),
                 (at + rest, act_continue)]
    return {}, plan


def fault_term(rng, bed):
    how = rng.choice((signal.SIGTERM, signal.SIGINT, signal.SIGHUP))
    return {}, [(rng.uniform(0, 1.2), act_driver, how)]


def nth(rng):
    return rng.choice((1, 1, 2, 3, rng.randint(1, 40)))


def where(rng, bed):
    """In which program, and how often, where there are several."""
    more = {}
    if bed.args.mode != 'local' and rng.random() < 0.7:
        more['SP_FAULT_IN'] = rng.choice(
            PROGRAMS[:4 if bed.standing else 2])
    if rng.random() < 0.8 or bed.standing:
        more['SP_FAULT_ONCE'] = bed.dir + '/once'
    return more


def fault_crash(rng, bed):
    return {'SP_CRASH': f'{rng.choice(points())}:{nth(rng)}', **where(rng, bed)}, []


def fault_fail(rng, bed):
    return {'SP_FAIL': f'{rng.choice(points())}:{nth(rng)}:'
            f'{rng.choice(sorted(ERRNO.values()))}', **where(rng, bed)}, []


def programs(bed):
    if bed.standing:
        return PROGRAMS
    return PROGRAMS[:1 if bed.args.mode == 'local' else 2]


def fault_point(rng, bed):
    """Every point once in every program, one a run, in order of the seeds."""
    all = [(point, program) for point in points() for program in programs(bed)]
    point, program = all[bed.seed % len(all)]
    return {'SP_CRASH': f'{point}:1', 'SP_FAULT_IN': program,
            'SP_FAULT_ONCE': bed.dir + '/once'}, []


def fault_clock(rng, bed):
    """The clock of one program is wrong, or jumps; nobody may care."""
    jump = rng.choice(('+1h', '-1h', '+10y', '-10y'))
    now = bed.dir + '/clock'
    more = {'LD_PRELOAD': CLOCK[0], 'FAKETIME_TIMESTAMP_FILE': now,
            'FAKETIME_NO_CACHE': '1', 'FAKETIME_DONT_FAKE_MONOTONIC': '1',
            'FAKETIME_ONLY_CMDS': rng.choice(programs(bed))}
    if bed.standing:
        more['SP_FAULT_IN'] = more['FAKETIME_ONLY_CMDS']
    start, plan = jump, []
    if rng.random() < 0.7:
        start = '+0'
        plan = [(rng.uniform(0.05, 0.9), act_clock, jump)]
    with open(now, 'w') as f:
        f.write(start + '\n')
    return more, plan


def act_clock(run, jump):
    path = run.bed.dir + '/clock'
    with open(path + '.new', 'w') as f:
        f.write(jump + '\n')
    os.rename(path + '.new', path)
    if run.child.poll() is None:
        run.did(f'clock:{jump}')


def fault_disk(rng, bed):
    where = rng.choice(bed.disks)
    at, rest = rng.uniform(0, 1), rng.choice((0.1, 0.5, 100))
    return {}, [(at, act_fill, where, rng.choice((0, 4096, 100000))),
                (at + rest, act_free)]


def fault_net(rng, bed):
    # So many of the pieces that a run without faults has, about.
    some = lambda n: f'{min(0.2, n / bed.chunks):.5f}'
    kinds = (('--duplicate', some(rng.uniform(1, 25))),
             ('--drop', some(rng.uniform(1, 4))),
             ('--reorder', some(rng.uniform(1, 25))),
             ('--cut', f'{10 ** rng.uniform(-2, -0.5):.4f}'),
             ('--half', f'{10 ** rng.uniform(-2, -0.5):.4f}'),
             ('--stall', f'{10 ** rng.uniform(-2, -1):.4f}'),
             ('--delay', str(rng.randint(1, 50))),
             ('--dribble', str(rng.randint(1000, 9000))),
             ('--rate', str(rng.randint(100000, 10000000))))
    chosen = rng.sample(kinds, rng.choice((0, 1, 1, 2)))
    if not chosen or rng.random() < 0.4:
        chosen.append(('--corrupt', some(rng.uniform(8, 25))))
    options = ['--seed', str(rng.randint(1, 1 << 30)), *sum(chosen, ())]
    if rng.random() < 0.2:              # a cable instead, also a loose one
        return {'TORTURE_PROXY': ''}, [
            (at, act, *words) for at, begins in flaps(rng, bed)
            for act, *words in ((act_cable, signal.SIGUSR1 if begins
                                 else signal.SIGUSR2),)]
    return {'TORTURE_PROXY': ' '.join(options)}, []


def flaps(rng, bed):
    """Times at which a connection goes away, and comes back."""
    at, times = rng.uniform(0, 0.8), []
    for _ in range(rng.choice((1, rng.randint(3, 6)))):
        times.append((at, True))
        at += rng.uniform(0.05, 0.5) / bed.seconds
        times.append((at, False))
        at += rng.uniform(0.02, 0.3) / bed.seconds
    return times


def flap_cable(rng, bed, i, j):
    return [(at, act_host, f'cable_pull {i}' if begins else f'cable_heal {i}')
            for at, begins in flaps(rng, bed)]


def flap_way(rng, bed, i, j):
    if rng.random() < 0.5:
        i, j = j, i
    return [(at, act_host, f'host_drop {i} {j}' if begins else f'host_pass {j}')
            for at, begins in flaps(rng, bed)]


def flap_pair(rng, bed, i, j):
    """Two hosts that come and go, each in its own time."""
    return flap_cable(rng, bed, i, j) + flap_way(rng, bed, i, j)


def one_fault(rng, bed, i, j):
    at = rng.uniform(0, 1.2)
    rest = rng.choice((0.2, 1, 1000)) * rng.uniform(0.1, 1)
    command = rng.choice((
        f'cable_pull {i}', f'cable_pull {i}', f'host_kill {i}', f'host_kill {i}',
        f'host_drop {i} {j}', f'host_drop {j} {i}', f'host_loss {i} 5',
        f'host_loss {i} 20', f'host_rate {i} 1mbit', f'host_rate {i} 20mbit'))
    return [(at, act_host, command), (at + rest, act_heal)]


def fault_host(rng, bed):
    # Of those that the run uses, and the driver's.
    i = rng.randint(1, bed.used)
    j = rng.choice([x for x in range(bed.used + 1) if x != i])
    return {}, rng.choice((one_fault, flap_cable, flap_way, flap_pair))(rng, bed, i, j)


# Those that mend what another one broke.
MENDS = ('cable_heal', 'host_pass')


def act_host(run, command):
    name, i, *_ = command.split()
    if name not in MENDS and run.child.poll() is not None:
        return
    if name == 'host_kill':
        run.bed.hosts.down.add(int(i))
    run.bed.hosts.tell(command)
    if name not in MENDS:
        run.did(command.replace(' ', '-'))


def act_heal(run):
    run.bed.hosts.heal()


def act_cable(run, how):
    if how == signal.SIGUSR1 and run.child.poll() is not None:
        return
    run.bed.proxy.send_signal(how)
    if how == signal.SIGUSR1:
        run.did('cable:pulled')


def act_signal(run, how, which, role):
    found = run.bed.processes()
    # By role, then by process: a driver ends all, the others are replaced.
    roles = sorted({r for _, r in found})
    roles += [r for r in roles if r != 'sp-submit'] * 3
    if not roles:
        return
    of = roles[int(role * len(roles))]
    pids = [p for p, r in found if r == of]
    pid = pids[int(which * len(pids))]
    try:
        os.kill(pid, how)
        run.did(f'{how.name[3:].lower()}:{of}')
    except OSError:
        pass


def act_continue(run):
    for pid, _ in run.bed.processes():
        try:
            os.kill(pid, signal.SIGCONT)
        except OSError:
            pass


def fault_rot(rng, bed):
    return {}, [(rng.uniform(0.1, 1), act_rot, rng.random(), rng.random(),
                 rng.randint(1, 255)) for _ in range(rng.choice((1, 2, 8)))]


def act_rot(run, which, where, change):
    """A byte of a scratch file changes, also of one that has no name."""
    scratch, files = run.bed.dir + '/scratch', {}
    for pid, _ in run.bed.processes():
        try:
            for fd in os.listdir(f'/proc/{pid}/fd'):
                path = os.readlink(f'/proc/{pid}/fd/{fd}')
                if path.startswith(scratch) and not path.endswith('/lock'):
                    files[path] = f'/proc/{pid}/fd/{fd}'
        except OSError:
            pass
    for base, _, names in os.walk(scratch):
        for name in names:
            files.setdefault(f'{base}/{name}', f'{base}/{name}')
    files = [f for p, f in sorted(files.items()) if not p.endswith('/lock')]
    try:
        path = files[int(which * len(files))]
        with open(path, 'r+b', buffering=0) as f:
            at = int(where * os.fstat(f.fileno()).st_size)
            byte = os.pread(f.fileno(), 1, at)
            if byte:
                os.pwrite(f.fileno(), bytes([byte[0] ^ change]), at)
                run.did('rot:byte')
    except (OSError, IndexError):
        pass


def act_driver(run, how):
    if run.child.poll() is None:
        run.child.send_signal(how)
        run.did(f'{how.name[3:].lower()}:driver')


def act_fill(run, where, spare):
    path = f'{run.bed.dir}/{where}/.tick-fill'
    disk = os.statvfs(os.path.dirname(path))
    size = disk.f_bavail * disk.f_frsize - spare
    if size > 0:
        with open(path, 'wb') as f:
            try:
                os.posix_fallocate(f.fileno(), 0, size)
            except OSError:
                pass            # full already, by the job itself
        run.did(f'full:{where}')


def act_free(run):
    for where in run.bed.disks:
        try:
            os.unlink(f'{run.bed.dir}/{where}/.tick-fill')
        except OSError:
            pass
