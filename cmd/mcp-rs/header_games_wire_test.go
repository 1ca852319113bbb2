package main

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// lineOf dials an address that speaks this protocol. Clients of net/http would not send
// much of what the games are about, so they are written by hand.
func lineOf(t *testing.T, address, protocol string) *tls.Conn {
	t.Helper()
	conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{protocol}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// overHTTP1 sends the text as it stands and returns the status, or 0 if the
// connection ends without an answer.
func overHTTP1(t *testing.T, address string, g game) (status int, text string) {
	t.Helper()
	conn := lineOf(t, address, "http/1.1")
	lines := append([]string{fmt.Sprintf("%s %s HTTP/1.1", g.method, g.target), "Host: " + g.host}, g.lines...)
	lines = append(lines, fmt.Sprintf("Content-Length: %d", len(g.body)), "Connection: close", "", g.body)
	go func() { _, _ = io.WriteString(conn, strings.Join(lines, "\r\n")) }() // all of which may not be read
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: g.method})
	if err != nil {
		return 0, silence(t, err)
	}
	defer resp.Body.Close()
	var b strings.Builder
	_ = resp.Header.Write(&b)
	_, _ = io.Copy(&b, io.LimitReader(resp.Body, 4096))
	return resp.StatusCode, b.String()
}

// silence is no answer: but one that does not come in time is a server that hangs.
func silence(t *testing.T, err error) string {
	t.Helper()
	var network net.Error
	if errors.As(err, &network) && network.Timeout() {
		t.Errorf("the server neither answers nor ends the connection: %v", err)
	}
	return ""
}

// Of RFC 9113 §6: the frames that one request and its status need.
const (
	frameData, frameHeaders, frameReset, frameSettings, frameGoAway, frameContinuation = 0, 1, 3, 4, 7, 9

	endOfStream, endOfHeaders = 0x1, 0x4
)

// overHTTP2 sends the same as one stream, the first of a connection: no library that
// would refuse to is in between.
func overHTTP2(t *testing.T, address string, g game) (status int, text string) {
	t.Helper()
	conn := lineOf(t, address, "h2")
	block := fieldsOf(":method", g.method, ":scheme", "https", ":authority", g.host, ":path", g.target)
	for _, line := range g.lines {
		name, value, _ := strings.Cut(line, ":")
		block = append(block, fieldsOf(strings.ToLower(name), strings.Trim(value, " "))...)
	}
	out := append([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(frameSettings, 0, 0, nil)...)
	kind := byte(frameHeaders)
	for len(block) > 16384 { // SETTINGS_MAX_FRAME_SIZE
		out = append(out, frame(kind, 0, 1, block[:16384])...)
		kind, block = frameContinuation, block[16384:]
	}
	out = append(out, frame(kind, endOfHeaders, 1, block)...)
	out = append(out, frame(frameData, endOfStream, 1, []byte(g.body))...)
	go func() { _, _ = conn.Write(out) }()
	for in := bufio.NewReader(conn); ; {
		kind, payload, err := readFrame(in)
		if err != nil {
			return 0, silence(t, err)
		}
		switch kind {
		case frameHeaders:
			return statusOf(t, payload), ""
		case frameReset, frameGoAway:
			return 0, ""
		}
	}
}

func frame(kind, flags byte, stream uint32, payload []byte) []byte {
	head := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
	head = binary.BigEndian.AppendUint32(append(head, flags), stream)
	return append(head, payload...)
}

func readFrame(in io.Reader) (kind byte, payload []byte, err error) {
	var head [9]byte
	if _, err = io.ReadFull(in, head[:]); err != nil {
		return 0, nil, err
	}
	payload = make([]byte, binary.BigEndian.Uint32(head[:])>>8)
	_, err = io.ReadFull(in, payload)
	return head[3], payload, err
}

// fieldsOf is names and values as RFC 7541 §6.2.2 writes those that nobody shall remember.
func fieldsOf(namesAndValues ...string) (block []byte) {
	for i, text := range namesAndValues {
		if i%2 == 0 {
			block = append(block, 0)
		}
		if n := len(text); n < 127 {
			block = append(block, byte(n))
		} else { // §5.1
			block = append(block, 127)
			block = binary.AppendUvarint(block, uint64(n-127))
		}
		block = append(block, text...)
	}
	return block
}

// statusOf reads the first field of an answer, which is its status (RFC 9113 §8.3): one
// of the static table (RFC 7541 appendix A), or three digits under a name of it.
func statusOf(t *testing.T, block []byte) int {
	t.Helper()
	indexed := []int{200, 204, 206, 304, 400, 404, 500}
	if first := block[0]; first >= 0x88 && first <= 0x8e {
		return indexed[first-0x88]
	}
	if len(block) < 5 || block[0] < 0x48 || block[0] > 0x4e {
		t.Fatalf("a field block begins with %x", block)
	}
	if block[1] == 3 {
		status, err := strconv.Atoi(string(block[2:5]))
		if err != nil {
			t.Fatal(err)
		}
		return status
	}
	return unpacked(block[2 : 2+min(int(block[1]&0x7f), len(block)-2)])
}

// unpacked reads three digits in Huffman's code (RFC 7541 appendix B): 0, 1 and 2 have
// five bits, the others six.
func unpacked(packed []byte) (status int) {
	var bits strings.Builder
	for _, b := range packed {
		fmt.Fprintf(&bits, "%08b", b)
	}
	code := bits.String() + "11111111"
	for range 3 {
		wide, _ := strconv.ParseInt(code[:6], 2, 0)
		digit, width := int(wide)-0b011001+3, 6
		if wide>>1 <= 2 {
			digit, width = int(wide>>1), 5
		}
		status, code = 10*status+digit, code[width:]
	}
	return status
}
