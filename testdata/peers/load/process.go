package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// usage is what a process holds, as the system tells it.
type usage struct {
	memory      int64 // bytes that are resident
	descriptors int
	sockets     int // of them
	threads     int
}

// usageOf is known on Linux only.
func usageOf(pid int) (u usage, ok bool) {
	dir := fmt.Sprintf("/proc/%d", pid)
	statm, err := os.ReadFile(filepath.Join(dir, "statm"))
	if err != nil {
		return u, false
	}
	fields := strings.Fields(string(statm))
	if len(fields) < 2 {
		return u, false
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return u, false
	}
	u.memory = pages * int64(os.Getpagesize())
	files, err := os.ReadDir(filepath.Join(dir, "fd"))
	if err != nil {
		return u, false
	}
	u.descriptors = len(files)
	for _, f := range files {
		if to, err := os.Readlink(filepath.Join(dir, "fd", f.Name())); err == nil && strings.HasPrefix(to, "socket:") {
			u.sockets++
		}
	}
	status, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		return u, false
	}
	if _, after, found := bytes.Cut(status, []byte("\nThreads:")); found {
		line, _, _ := bytes.Cut(after, []byte("\n"))
		u.threads, _ = strconv.Atoi(strings.TrimSpace(string(line)))
	}
	return u, true
}
