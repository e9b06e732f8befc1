# Must fail once: to prove that the harness notices.

load ../helper

@test "the canary fails" {
	[ 1 -eq 2 ]
}
