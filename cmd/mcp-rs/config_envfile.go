package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"github.com/mcp-rs/mcp-rs/cmd/mcp-rs/internal/watch"
)

// envPatience is how long the command behind a pipe may take: it may ask a vault.
const envPatience = time.Minute

// readEnvText is the text of --env-file: a file, or a pipe, because “--env-file <(command)”
// and “--env-file /dev/stdin” are how secrets get here without lying on a disk. It is read
// once, at start. All other files are read again and again, which no pipe can bear.
func readEnvText(path string, patience time.Duration) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil || info.Mode()&fs.ModeNamedPipe == 0 {
		return watch.Read(path)
	}
	// Nobody may be at the other end, and to wait for somebody could take for ever.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	if err := f.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	text, err := watch.ReadAll(f)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, fmt.Errorf("it is a pipe, and did not end within %s", patience)
	case err == nil && len(text) == 0:
		return nil, errors.New("it is a pipe, and nobody writes to it")
	}
	return text, err
}
