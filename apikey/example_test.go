package apikey_test

import (
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mcp-rs/mcp-rs/apikey"
)

func ExampleNew() {
	store, err := apikey.New(apikey.Config{
		Keys:   []string{"dev-key-123"},
		Scopes: []string{"read"},
	})
	if err != nil {
		log.Fatal(err) // every mistake, together
	}
	key, err := store.Match("dev-key-123")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.Name, key.Scopes)
	// Output: key-1 [read]
}

// An unset variable is not a list of no keys once it was split: it is a list of one
// empty key, and everybody has that one.
func ExampleNew_incorrect() {
	variable := ""
	_, err := apikey.New(apikey.Config{Keys: strings.Split(variable, ",")})
	fmt.Println(err)
	// Output: Keys[0]: is empty or blank: write a key, or remove the entry (no keys at all is an empty list, not a list of one empty key)
}

func ExampleStore_Match() {
	store, err := apikey.New(apikey.Config{Keys: []string{"dev-key-123"}})
	if err != nil {
		log.Fatal(err)
	}
	_, err = store.Match("DEV-KEY-123")
	switch {
	case errors.Is(err, apikey.ErrExpired):
		fmt.Println("ask for a new key")
	case errors.Is(err, apikey.ErrUnknown):
		fmt.Println("not one of ours")
	}
	// Output: not one of ours
}

// A key is replaced without a moment at which neither works: add the new line, give
// the key to its user, remove the old line.
func ExampleStore_Reload() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "keys")
	write := func(lines ...string) {
		if err := os.WriteFile(path+".new", []byte(strings.Join(lines, "\n")), 0o600); err != nil {
			log.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			log.Fatal(err)
		}
	}
	line := func(key string) string {
		line, err := apikey.Line(key, "alice", []string{"read"}, time.Time{})
		if err != nil {
			log.Fatal(err)
		}
		return line
	}
	before, after := apikey.Generate(), apikey.Generate()

	write(line(before))
	store, err := apikey.New(apikey.Config{File: path})
	if err != nil {
		log.Fatal(err)
	}
	for _, lines := range [][]string{{line(before), line(after)}, {line(after)}} {
		write(lines...)
		if err := store.Reload(); err != nil {
			log.Fatal(err) // or log it and go on: the store has kept its keys
		}
		_, first := store.Match(before)
		_, second := store.Match(after)
		fmt.Println(first, second)
	}
	// Output:
	// <nil> <nil>
	// unknown API key <nil>
}

func ExampleStore_Len() {
	store, err := apikey.New(apikey.Config{Keys: []string{"dev-key-123", "dev-key-456"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(store.Len(), store)
	// Output: 2 apikey.Store(2 keys)
}

func ExampleGenerate() {
	key := apikey.Generate()
	fmt.Println(key[:4], len(key))
	// Output: mcp_ 30
}

func ExampleLine() {
	line, err := apikey.Line("an example, not a key", "alice", []string{"read", "write"}, time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(line)
	// Output: alice sha256:984dc4f2d48668f698c89638b6f5ce1476c16251a5a8ddb6ce25fd5ad49f32ce scopes=read,write expires=2027-01-31T00:00:00Z
}

// Scopes are a list. One string with all of them would be one scope of a strange name.
func ExampleLine_incorrect() {
	_, err := apikey.Line(apikey.Generate(), "alice", []string{"read,write"}, time.Time{})
	fmt.Println(err)
	// Output: scopes[0]: a scope has a character that scopes cannot have: write printable ASCII without space, comma, " and \, one scope at a time
}

// Printing a mistake never prints the key that was made of it.
func ExampleConfigError() {
	_, err := apikey.New(apikey.Config{Keys: []string{"dev-key-123", "dev-key-123"}})
	if mistake, ok := errors.AsType[*apikey.ConfigError](err); ok {
		fmt.Println(mistake.Field)
		fmt.Println(mistake.Problem)
	}
	// Output:
	// Keys[1]
	// the same key as Keys[0]: remove one of them
}
