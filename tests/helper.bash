# What every bats test starts from and is held to.
#
# load ../helper, then use $DATA, $OUT, $WORK (the current folder).  Each test
# has its own HOME, TMPDIR and scratch folder and fails if it leaves behind a
# process, a core file, or anything in the scratch or temporary folder.
# Listening sockets belong to processes, so they are found with them.

bats_require_minimum_version 1.5.0

TOP=$(cd "$BATS_TEST_DIRNAME" && while [ ! -f Makefile ] && [ "$PWD" != / ]; do
	cd ..; done; pwd)
OUT=${OUT:-build}
case $OUT in /*) ;; *) OUT=$TOP/$OUT ;; esac
DATA=$TOP/tests/data
MAN=$TOP/man

for house_lib in bats-support bats-assert bats-file; do
	for house_dir in /usr/lib/bats /usr/share/bats /usr/lib /usr/local/lib; do
		if [ -f "$house_dir/$house_lib/load.bash" ]; then
			load "$house_dir/$house_lib/load.bash"
			break
		fi
	done
done

# A test file with its own setup() or teardown() calls these.
house_setup() {
	PATH=$OUT/bin:$PATH
	WORK=$BATS_TEST_TMPDIR/work
	export HOME=$BATS_TEST_TMPDIR/home
	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	export SCRATCH=$BATS_TEST_TMPDIR/scratch
	export SPARK_LOCAL_DIRS=$SCRATCH
	export LC_ALL=C.UTF-8 TZ=UTC
	unset SP_CONF XDG_CONFIG_HOME XDG_CACHE_HOME XDG_RUNTIME_DIR
	mkdir -p "$WORK" "$HOME" "$TMPDIR" "$SCRATCH"
	ln -sfn "$DATA" "$WORK/data"
	cd "$WORK"
	export SP_TEST_MARK=$BATS_TEST_TMPDIR
}

# Processes that this test started and that are still there.
house_processes() {
	env -u SP_TEST_MARK grep -lszx "SP_TEST_MARK=$BATS_TEST_TMPDIR" \
		/proc/[0-9]*/environ | cut -d/ -f3
}

house_teardown() {
	local pid left tries=0 rc=0

	# What was told to end is given a moment to do so.
	left=$(house_processes)
	while [ -n "$left" ] && [ $((tries++)) -lt 5 ]; do
		command sleep 0.1
		left=$(house_processes)
	done
	for pid in $left; do
		[ -d "/proc/$pid" ] || continue
		echo "left running: $pid $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null)"
		kill -KILL "$pid" 2>/dev/null
		rc=1
	done
	left=$(find "$BATS_TEST_TMPDIR" \( -name core -o -name 'core.[0-9]*' \) -type f)
	if [ -n "$left" ]; then
		echo "core files: $left"
		rc=1
	fi
	left=$(find "$SCRATCH" "$TMPDIR" -mindepth 1 2>/dev/null | head -n 20)
	if [ -n "$left" ]; then
		echo "left in scratch or TMPDIR: $left"
		rc=1
	fi
	return $rc
}

setup() { house_setup; }
teardown() { house_teardown; }

# need CAPABILITY COMMAND...: skips the test unless the command succeeds.  A
# capability that is a word of $SP_REQUIRE fails instead.
need() {
	local cap=$1
	shift
	"$@" >/dev/null 2>&1 && return 0
	case " ${SP_REQUIRE:-} " in
	*" $cap "*) echo "required, but missing: $cap"; return 1 ;;
	esac
	skip "needs $cap"
}

# not_in_variant NAME REASON: this test says nothing about that variant.
not_in_variant() {
	[ "${SP_FORCE:-}" != "$1" ] && [ "${SP_VARIANT:-}" != "$1" ] || skip "variant $1: $2"
}

# within SECONDS COMMAND...: waits until the command succeeds.
within() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt "$end" ] || return 1
		command sleep 0.02
	done
}

# Compares standard input with a text, shows a diff.
is_text() {
	diff -u --label want --label got <(printf '%s\n' "$1") -
}
