package main

import (
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/watch"
)

// envPatience is how long the command behind a pipe may take: it may ask a vault.
const envPatience = time.Minute

// readEnvText is the text of --env-file: a file, or a pipe, because “--env-file <(command)”
// and “--env-file /dev/stdin” are how secrets get here without lying on a disk. It is read
// once, at start. All other files are read again and again, which no pipe can bear.
//
// Nobody may be at the other end of a pipe, and not every system can stop waiting for
// somebody. So another goroutine waits, which an error leaves behind, and that ends the
// program.
func readEnvText(path string, patience time.Duration) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil || info.Mode()&fs.ModeNamedPipe == 0 {
		return watch.Read(path)
	}
	type content struct {
		text []byte
		err  error
	}
	done := make(chan content, 1)
	go func() {
		text, err := readPipe(path)
		done <- content{text, err}
	}()
	select {
	case c := <-done:
		return c.text, c.err
	case <-time.After(patience):
		return nil, fmt.Errorf("it is a pipe, and nobody wrote to it and closed it within %s", patience)
	}
}

func readPipe(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return watch.ReadAll(f)
}
