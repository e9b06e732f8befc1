# The proxy of the network faults does what it says.

load ../helper

# A server that sends back what it gets until that ends.
setup() {
	house_setup
	need python3 python3 -c ''
	cat >echo.py <<-'END'
	import socket, threading
	s = socket.socket()
	s.bind(('127.0.0.1', 0))
	s.listen(64)
	print(s.getsockname()[1], flush=True)
	def talk(c):
	    try:
	        while True:
	            b = c.recv(65536)
	            if not b:
	                break
	            c.sendall(b)
	    except OSError:
	        pass
	    c.close()
	while True:
	    c, _ = s.accept()
	    threading.Thread(target=talk, args=(c,), daemon=True).start()
	END
	cat >client.py <<-'END'
	import socket, sys, threading
	sent = bytes(i * 7 % 251 for i in range(200000))
	c = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
	c.settimeout(3)
	def send():
	    try:
	        c.sendall(sent)
	        c.shutdown(socket.SHUT_WR)
	    except OSError:
	        pass
	threading.Thread(target=send, daemon=True).start()
	got = b''
	try:
	    while True:
	        b = c.recv(65536)
	        if not b:
	            break
	        got += b
	    how = 'end'
	except socket.timeout:
	    how = 'timeout'
	except OSError:
	    how = 'reset'
	print('same' if got == sent else 'other', how, len(got))
	END
	python3 echo.py >echo.port 3>&- &
	echo_pid=$!
	within 60 test -s echo.port
}

teardown() {
	kill $echo_pid $proxy_pid 2>/dev/null || true
	house_teardown
}

proxy() {
	rm -f port
	"$OUT/tests/tools/proxy" 127.0.0.1:0 "127.0.0.1:$(cat echo.port)" "$@" \
	    >port 3>&- &
	proxy_pid=$!
	within 60 test -s port
	python3 client.py "$(cat port)" >said
	kill -TERM $proxy_pid
	wait $proxy_pid
	cat said port
}

@test "bytes pass as they are, also slowly and in small pieces" {
	proxy | grep 'same end 200000'
	proxy --dribble 5000 --delay 3 | grep 'same end 200000'
	proxy --rate 1000000 | grep 'same end 200000'
}

@test "bytes change, are lost, come twice and in another order" {
	proxy --corrupt 0.5 --seed 3 | grep 'other end 200000'
	proxy --corrupt 0.5 --seed 3 | grep -v '^corrupt 0' | grep corrupt
	proxy --reorder 0.5 | grep 'other end 200000'
	proxy --drop 0.5 | grep -E 'other end 1?[0-9]{5}$'
	proxy --duplicate 0.5 | grep -E 'other end [2-9][0-9]{5}$'
}

@test "connections are cut, end one way, stall" {
	proxy --cut 1 | grep -E 'other reset'
	proxy --half 1 | grep -E 'other (end|reset)'
	proxy --stall 1 | grep 'other timeout'
	run -2 "$OUT/tests/tools/proxy" 127.0.0.1:0
	run -2 "$OUT/tests/tools/proxy" 127.0.0.1:0 127.0.0.1:1 --nope 1
}
