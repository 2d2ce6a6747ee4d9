// Probe asks a service of its own container how it is, and exits with 0 when it is well, else with 1.
//
//	probe http://127.0.0.1:8080/healthz 10s
//	probe grpc://127.0.0.1:9090/service 10s
//
// By HTTP a status from 200 to 399 is good; by gRPC the answer SERVING of grpc.health.v1.Health/Check. It opens one
// connection to the loopback address by system calls alone: the packages net and net/http would make it six times as
// large.
package main

import (
	"os"
	"strings"
	"syscall"
	"time"
)

const usage = "usage: probe http://127.0.0.1:PORT/PATH|grpc://127.0.0.1:PORT[/SERVICE] [TIME, such as 10s]\n"

func main() {
	if len(os.Args) < 2 || len(os.Args) > 3 {
		end(2, usage)
	}
	target, ok := parse(os.Args[1])
	if !ok {
		end(2, usage)
	}
	limit := 10 * time.Second
	if len(os.Args) == 3 {
		given, err := time.ParseDuration(os.Args[2])
		if err != nil || given <= 0 {
			end(2, usage)
		}
		limit = given
	}
	// Whatever happens, an answer is due by then.
	time.AfterFunc(limit, func() { end(1, "probe: no answer in time\n") })
	problem := ask(target)
	if problem != "" {
		end(1, "probe: "+problem+"\n")
	}
}

func ask(target address) string {
	connection, err := dial(target.port)
	if err != nil {
		return err.Error()
	}
	defer connection.Close()
	if target.grpc {
		return askGRPC(connection, target)
	}
	return askHTTP(connection, target)
}

func end(code int, words string) {
	os.Stderr.WriteString(words)
	os.Exit(code)
}

// address is what to ask: a port on the loopback address, and a path, or for gRPC the name of a service.
type address struct {
	grpc bool
	port int
	path string
}

func parse(text string) (address, bool) {
	var target address
	rest, http := strings.CutPrefix(text, "http://127.0.0.1:")
	if !http {
		var grpc bool
		rest, grpc = strings.CutPrefix(text, "grpc://127.0.0.1:")
		if !grpc {
			return target, false
		}
		target.grpc = true
	}
	digits, path, slash := strings.Cut(rest, "/")
	if slash && !target.grpc {
		path = "/" + path
	}
	for _, digit := range []byte(digits) {
		if digit < '0' || digit > '9' || target.port > 65535 {
			return target, false
		}
		target.port = target.port*10 + int(digit-'0')
	}
	target.path = path
	return target, target.port > 0 && target.port < 65536 && len(path) < 4096 && (target.grpc || slash)
}

// stream is a socket that blocks: there is one, and the whole process has a time limit.
type stream struct{ socket int }

func dial(port int) (stream, error) {
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return stream{}, err
	}
	err = syscall.Connect(socket, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
	if err != nil {
		syscall.Close(socket)
		return stream{}, err
	}
	return stream{socket}, nil
}

func (s stream) Close() { syscall.Close(s.socket) }

func (s stream) send(data []byte) string {
	for len(data) > 0 {
		written, err := syscall.Write(s.socket, data)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return err.Error()
		}
		data = data[written:]
	}
	return ""
}

// receive fills the whole of data.
func (s stream) receive(data []byte) string {
	for len(data) > 0 {
		read, err := syscall.Read(s.socket, data)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return err.Error()
		}
		if read == 0 {
			return "the connection was closed"
		}
		data = data[read:]
	}
	return ""
}

// askHTTP sends one request by HTTP/1.1 and reads the status of its answer (RFC 9112, section 4).
func askHTTP(connection stream, target address) string {
	request := "GET " + target.path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: lading-probe\r\nAccept: */*\r\n" +
		"Connection: close\r\n\r\n"
	if problem := connection.send([]byte(request)); problem != "" {
		return problem
	}
	status := make([]byte, len("HTTP/1.1 200"))
	if problem := connection.receive(status); problem != "" {
		return problem
	}
	if string(status[:7]) != "HTTP/1." || status[8] != ' ' {
		return "the answer is not HTTP"
	}
	if status[9] != '2' && status[9] != '3' {
		return "the status is " + string(status[9:])
	}
	return ""
}
