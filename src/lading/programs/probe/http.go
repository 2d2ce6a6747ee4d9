package main

// A status from 200 to 399 is good.
const usage = "usage: probe http://127.0.0.1:PORT/PATH [TIME, such as 10s]\n"

const scheme = "http"

// ask sends one request by HTTP/1.1 and reads the status of its answer (RFC 9112, section 4).
func ask(connection stream, path string) string {
	request := "GET /" + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: lading-probe\r\nAccept: */*\r\n" +
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
