package watch

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// MaxFile bounds what is read of one file, in bytes: keys, policies and lists of callers
// are far from it.
const MaxFile = 1 << 20

// ErrTooLarge is a file of more than MaxFile bytes.
var ErrTooLarge = fmt.Errorf("it is larger than %d bytes", MaxFile)

// Read returns the content of a regular file of bounded size. A link counts as what it
// leads to: Kubernetes mounts files behind two. Anything else is an error at once: to open
// a pipe could take for ever, and a device has no end.
func Read(path string) ([]byte, error) {
	// Before it is opened, since with devices to open is to do something; and behind that,
	// since something else may have come into its place, which nobody must wait for.
	if err := isFile(os.Stat(path)); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	if err := isFile(f.Stat()); err != nil {
		return nil, err
	}
	return ReadAll(f)
}

func isFile(info fs.FileInfo, err error) error {
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("it is %s, and no regular file", what(info.Mode()))
	}
	return err
}

// ReadAll returns what r has, if that is not more than MaxFile bytes.
func ReadAll(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > MaxFile:
		return nil, ErrTooLarge
	}
	return text, nil
}

// what is a word for what is no regular file.
func what(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a directory"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}
