// Probe asks a service of its own container how it is, and exits with 0 when it is well, else with 1. What it asks, and
// what answer is a good one, says the file beside this one.
//
// It opens one connection to the loopback address by system calls alone: the packages net and net/http would make it six
// times as large.
package main

import (
	"os"
	"strings"
	"syscall"
	"time"
)

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
	problem := askAt(target)
	if problem != "" {
		end(1, "probe: "+problem+"\n")
	}
}

func askAt(target address) string {
	connection, err := dial(target.port)
	if err != nil {
		return err.Error()
	}
	defer connection.Close()
	return ask(connection, target.path)
}

func end(code int, words string) {
	os.Stderr.WriteString(words)
	os.Exit(code)
}

// address is what to ask: a port on the loopback address, and what follows the slash behind it.
type address struct {
	port int
	path string
}

func parse(text string) (address, bool) {
	var target address
	rest, ok := strings.CutPrefix(text, scheme+"://127.0.0.1:")
	if !ok {
		return target, false
	}
	digits, path, _ := strings.Cut(rest, "/")
	for _, digit := range []byte(digits) {
		if digit < '0' || digit > '9' || target.port > 65535 {
			return target, false
		}
		target.port = target.port*10 + int(digit-'0')
	}
	target.path = path
	return target, target.port > 0 && target.port < 65536 && len(path) < 4096
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
