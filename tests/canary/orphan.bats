# Must fail once: what a test leaves behind is noticed.

load ../helper

@test "the canary leaves a process behind" {
	sleep 30 </dev/null >/dev/null 2>&1 3>&- &
}
