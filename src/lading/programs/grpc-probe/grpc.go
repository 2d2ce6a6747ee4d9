package main

import "encoding/binary"

// SERVING of grpc.health.v1.Health/Check is good.
const usage = "usage: probe grpc://127.0.0.1:PORT[/SERVICE] [TIME, such as 10s]\n"

const scheme = "grpc"

// The few frames of HTTP/2 (RFC 9113) that one call of gRPC's health service takes
// (https://github.com/grpc/grpc/blob/master/doc/health-checking.md).
const (
	frameData         = 0x0
	frameHeaders      = 0x1
	frameReset        = 0x3
	frameSettings     = 0x4
	framePing         = 0x6
	frameGoAway       = 0x7
	flagEndStream     = 0x1
	flagAck           = 0x1
	flagEndHeaders    = 0x4
	flagPadded        = 0x8
	largestFrame      = 1 << 14
	mostFrames        = 1000
	statusServing     = 1
	preface           = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	healthCheckMethod = "/grpc.health.v1.Health/Check"
)

// ask calls Check and reads frames until the message is there. A server that answers with an error sends headers
// that end the stream, and no message.
func ask(connection stream, service string) string {
	if problem := connection.send(call(service)); problem != "" {
		return problem
	}
	var message []byte
	for range mostFrames {
		kind, flags, id, payload, problem := readFrame(connection)
		if problem != "" {
			return problem
		}
		switch {
		case kind == frameSettings && flags&flagAck == 0:
			problem = connection.send(frame(frameSettings, flagAck, 0, nil))
		case kind == framePing && flags&flagAck == 0:
			problem = connection.send(frame(framePing, flagAck, 0, payload))
		case kind == frameGoAway, kind == frameReset && id == 1:
			return "the call was refused"
		case kind == frameData && id == 1:
			message = append(message, unpadded(flags, payload)...)
			if known, serving := status(message); known {
				if !serving {
					return "it is not serving"
				}
				return ""
			}
		}
		if problem != "" {
			return problem
		}
		if flags&flagEndStream != 0 && id == 1 && (kind == frameHeaders || kind == frameData) {
			return "the health service has no such service, or is not there"
		}
	}
	return "the answer does not end"
}

// call is everything that the client has to say: preface, settings, one request with its message.
func call(service string) []byte {
	var headers []byte
	headers = append(headers, 0x80|3) // :method POST, from the static table (RFC 7541, appendix A)
	headers = append(headers, 0x80|6) // :scheme http
	headers = literal(headers, 4, healthCheckMethod)
	headers = literal(headers, 1, "127.0.0.1")
	headers = literal(headers, 31, "application/grpc")
	headers = named(headers, "te", "trailers")

	var request []byte // HealthCheckRequest{service = 1}
	if service != "" {
		request = binary.AppendUvarint([]byte{1<<3 | 2}, uint64(len(service)))
		request = append(request, service...)
	}
	message := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(request)))
	message = append(message, request...)

	said := []byte(preface)
	said = append(said, frame(frameSettings, 0, 0, nil)...)
	said = append(said, frame(frameHeaders, flagEndHeaders, 1, headers)...)
	return append(said, frame(frameData, flagEndStream, 1, message)...)
}

// literal is a header whose name has a number in the static table, not to be remembered (RFC 7541, section 6.2.2).
// Names above 14 take a second byte.
func literal(block []byte, name int, value string) []byte {
	if name < 15 {
		block = append(block, byte(name))
	} else {
		block = append(block, 15, byte(name-15))
	}
	return text(block, value)
}

func named(block []byte, name, value string) []byte {
	return text(text(append(block, 0), name), value)
}

func text(block []byte, words string) []byte {
	return append(append(block, byte(len(words))), words...) // all of ours are shorter than 127 bytes
}

func frame(kind, flags byte, id uint32, payload []byte) []byte {
	size := len(payload)
	head := []byte{byte(size >> 16), byte(size >> 8), byte(size), kind, flags}
	return append(binary.BigEndian.AppendUint32(head, id), payload...)
}

func readFrame(connection stream) (kind, flags byte, id uint32, payload []byte, problem string) {
	head := make([]byte, 9)
	if problem = connection.receive(head); problem != "" {
		return
	}
	size := int(head[0])<<16 | int(head[1])<<8 | int(head[2])
	if size > largestFrame {
		return 0, 0, 0, nil, "the answer is not HTTP/2"
	}
	payload = make([]byte, size)
	problem = connection.receive(payload)
	return head[3], head[4], binary.BigEndian.Uint32(head[5:]) & (1<<31 - 1), payload, problem
}

func unpadded(flags byte, payload []byte) []byte {
	if flags&flagPadded == 0 || len(payload) == 0 || int(payload[0]) >= len(payload) {
		return payload
	}
	return payload[1 : len(payload)-int(payload[0])]
}

// status reads HealthCheckResponse{status = 1} behind gRPC's prefix of five bytes; known says whether it is whole.
func status(message []byte) (known, serving bool) {
	if len(message) < 5 {
		return false, false
	}
	size := int(binary.BigEndian.Uint32(message[1:]))
	if size > largestFrame || len(message)-5 < size {
		return false, false
	}
	body := message[5 : 5+size]
	return true, message[0] == 0 && len(body) >= 2 && body[0] == 1<<3 && body[1] == statusServing
}
