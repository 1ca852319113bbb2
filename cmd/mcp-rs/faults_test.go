package main

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

type spoiler struct {
	policy string
	spoil  func(path string) error
}

// Ways in which a file goes bad on its way to us, beside having other content.
var spoilers = []spoiler{
	{"cut off where the disk was full", func(path string) error { return os.Truncate(path, 9) }},
	{"emptied", func(path string) error { return os.Truncate(path, 0) }},
	{"gone", os.Remove},
	{"a folder, which is open and cannot be read", func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) }},
	{"a link to nothing", func(path string) error { return errors.Join(os.Remove(path), os.Symlink("nowhere", path)) }},
	{"a link to itself", func(path string) error { return errors.Join(os.Remove(path), os.Symlink(path, path)) }},
	{"bytes that are no text", func(path string) error { return os.WriteFile(path, []byte("\xff\xfe\x00\x00"), 0o600) }},
}

// awaitMore waits until the log has what once more than it had, which is had.
func (d *deployment) awaitMore(t *testing.T, policy, what string, had int) {
	t.Helper()
	for begin := time.Now(); strings.Count(d.log.String(), what) <= had; time.Sleep(5 * time.Millisecond) {
		if time.Since(begin) > patience/3 {
			t.Fatalf("%s: the log never says %s\n%s", policy, what, d.log)
		}
	}
}

// Files that cannot be read change nothing but the log: keys, policy, denylist and
// certificate stay as they were, and the next good file is in force again.
func TestUnreadableFilesAreNotReloaded(t *testing.T) {
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	sum := sha256.Sum256([]byte("key-of-the-file"))
	content := map[string]string{
		"keys":   "ci sha256:" + hex.EncodeToString(sum[:]) + " scopes=read\n",
		"policy": "tools: {whoami: {scopes: [read]}}\n", "list": "- subject: mallory\n",
	}
	restore := func(name string) {
		t.Helper()
		if err := errors.Join(os.RemoveAll(path(name)), os.WriteFile(path(name), []byte(content[name]), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for name := range content {
		restore(name)
	}
	d := deploy(t, "MCP_API_KEYS=", "MCP_API_KEYS_FILE="+path("keys"), "MCP_POLICY_FILE="+path("policy"), "MCP_DENYLIST_FILE="+path("list"))
	var tried, refused, accepted int
	check := func(policy string) {
		t.Helper()
		for name, row := range map[string]struct {
			who  credential
			want int
		}{
			"key of the file": {keyOf("key-of-the-file"), http.StatusOK}, "another key": {keyOf("another"), http.StatusUnauthorized},
			"alice": {d.as("alice"), http.StatusOK}, "mallory": {d.as("mallory"), http.StatusForbidden},
			"alice without the scope": {bearerOf(d.issuer.mint(map[string]any{"scope": "write"})), http.StatusForbidden},
		} {
			status, _ := drained(t, raw(t, http.MethodPost, d.mcp, row.who, nil, callWhoami))
			if tried++; status == http.StatusOK {
				accepted++
			} else {
				refused++
			}
			if status != row.want {
				t.Errorf("%s: %s: %d, want %d", policy, name, status, row.want)
			}
		}
	}
	const (
		keysKept, keysTaken     = `"msg":"API keys not reloaded, the old ones stay in use","error":"`, `"msg":"API keys reloaded`
		policyKept, policyTaken = `"msg":"policy not reloaded, the old one stays in force","error":"`, `"msg":"policy reloaded"`
	)
	had := func(what string) int { return strings.Count(d.log.String(), what) }
	check("at first")
	for _, s := range spoilers {
		keys, policy, mark := had(keysKept), had(policyKept), len(d.log.String())
		for name := range content {
			if s.policy == "emptied" && name == "keys" {
				continue // which is a file of no keys: see below
			}
			if err := s.spoil(path(name)); err != nil {
				t.Fatal(err)
			}
		}
		d.awaitMore(t, s.policy, policyKept, policy)
		if s.policy != "emptied" {
			d.awaitMore(t, s.policy, keysKept, keys)
		}
		check(s.policy)
		if log := d.log.String()[mark:]; !strings.Contains(log, "MCP_POLICY_FILE: ") || !strings.Contains(log, "MCP_DENYLIST_FILE: ") {
			t.Errorf("%s: the log does not name the files", s.policy)
		}
		keys, policy = had(keysTaken), had(policyTaken)
		for name := range content {
			restore(name)
		}
		d.awaitMore(t, s.policy+", mended", policyTaken, policy)
		if s.policy != "emptied" {
			d.awaitMore(t, s.policy+", mended", keysTaken, keys)
		}
	}
	check("in the end")
	emptied := had(keysTaken)
	if err := os.Truncate(path("keys"), 0); err != nil {
		t.Fatal(err)
	}
	d.awaitMore(t, "a file of no keys", keysTaken, emptied)
	if status, _ := drained(t, raw(t, http.MethodPost, d.mcp, keyOf("key-of-the-file"), nil, callWhoami)); status != http.StatusUnauthorized {
		t.Errorf("a key that is in the file no more: %d", status)
	}
	t.Logf("%d requests tried, %d refused, %d accepted", tried, refused, accepted)
}

// The same of a certificate and its key, which may also arrive one without the other.
func TestUnreadableCertificatesAreNotReloaded(t *testing.T) {
	folder := t.TempDir()
	certFile, keyFile := filepath.Join(folder, "tls.crt"), filepath.Join(folder, "tls.key")
	write := func(path string, text []byte) {
		t.Helper()
		if err := errors.Join(os.RemoveAll(path), os.WriteFile(path, text, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	pair := func(name string) (cert, key []byte) {
		t.Helper()
		cert, key, err := selfSigned(name)
		if err != nil {
			t.Fatal(err)
		}
		return cert, key
	}
	cert, key := pair("first")
	write(certFile, cert)
	write(keyFile, key)
	d := deploy(t, "MCP_HTTPS_ENABLED=true", "MCP_SSL_CERT_FILE="+certFile, "MCP_SSL_KEY_FILE="+keyFile)
	site, err := url.Parse(d.mcp)
	if err != nil {
		t.Fatal(err)
	}
	shown := func() string {
		t.Helper()
		conn, err := tls.Dial("tcp", site.Host, &tls.Config{InsecureSkipVerify: true}) // whose it is, is the question
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		return conn.ConnectionState().PeerCertificates[0].Subject.CommonName
	}
	const kept, taken = `"msg":"certificate not reloaded, the old one stays in use","error":"`, `"msg":"certificate reloaded"`
	other, _ := pair("other")
	for i, s := range append(spoilers[:len(spoilers):len(spoilers)], spoiler{"of another pair", func(path string) error { return os.WriteFile(path, other, 0o600) }}) {
		file := []string{keyFile, certFile}[i%2]
		policy := filepath.Base(file) + " " + s.policy
		before, had := strings.Count(d.log.String(), kept), strings.Count(d.log.String(), taken)
		if err := s.spoil(file); err != nil {
			t.Fatal(err)
		}
		d.awaitMore(t, policy, kept, before)
		if got := shown(); got != "first" {
			t.Errorf("%s: the certificate is %q", policy, got)
		}
		write(file, [][]byte{key, cert}[i%2])
		d.awaitMore(t, policy+", mended", taken, had)
	}
	if log := d.log.String(); strings.Contains(log, "PRIVATE KEY") {
		t.Error("a key is in the log")
	}
}
