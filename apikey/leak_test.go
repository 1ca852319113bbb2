package apikey_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/apikey"
)

// spellings are the ways in which the canary or its digest could be printed.
func spellings() map[string]string {
	sum := sha256.Sum256([]byte(canary))
	decimal := strings.Trim(fmt.Sprint(sum[:6]), "[]")
	return map[string]string{
		"key":            canary,
		"key in base64":  base64.StdEncoding.EncodeToString([]byte(canary))[:30],
		"key in hex":     hex.EncodeToString([]byte(canary)),
		"key in bytes":   strings.Trim(fmt.Sprint([]byte(canary)), "[]"),
		"digest in hex":  hex.EncodeToString(sum[:])[:12],
		"digest raw":     string(sum[:]),
		"digest, %v":     decimal,
		"digest, JSON":   strings.ReplaceAll(decimal, " ", ","),
		"digest, %#v":    strings.Trim(strings.TrimPrefix(fmt.Sprintf("%#v", sum[:6]), "[]byte"), "{}"),
		"digest, base64": base64.StdEncoding.EncodeToString(sum[:])[:20],
	}
}

// printed is everything that fmt, JSON and slog make of v.
func printed(t *testing.T, v any) string {
	t.Helper()
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		fmt.Fprintf(&out, verb+"\n", v)
	}
	if text, err := json.Marshal(v); err != nil {
		fmt.Fprintln(&out, err)
	} else {
		out.Write(text)
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).Info("printed", "value", v, slog.Group("group", "value", v))
	}
	return out.String()
}

func noLeak(t *testing.T, v any) {
	t.Helper()
	text := printed(t, v)
	for what, spelling := range spellings() {
		if strings.Contains(text, spelling) {
			t.Errorf("%s is printed: %s", what, text)
		}
	}
}

func TestNothingPrintsAKeyOrADigest(t *testing.T) {
	plain := apikey.Config{Keys: []string{canary}}
	inPlain, inFile := newStore(t, plain), newStore(t, apikey.Config{File: file(t, "alice "+hash(canary))})
	for policy, s := range map[string]*apikey.Store{"plain key": inPlain, "key of a file": inFile} {
		t.Run(policy, func(t *testing.T) {
			noLeak(t, s)
			noLeak(t, struct{ Store *apikey.Store }{s})
			noLeak(t, struct{ store *apikey.Store }{s})
			noLeak(t, []any{s, map[string]*apikey.Store{"a": s}})
			noLeak(t, reflect.ValueOf(s).Elem()) // the struct itself, past its methods
			noLeak(t, *admitted(t, s, canary, map[bool]string{true: "key-1", false: "alice"}[s == inPlain]))
			_, err := s.Match(canary + " ")
			noLeak(t, err)
		})
	}
	noLeak(t, plain)
	noLeak(t, &plain)
	noLeak(t, struct{ Config apikey.Config }{plain})
}

func TestStoreAndConfigPrintAsTheirSize(t *testing.T) {
	config := apikey.Config{Keys: []string{"a", "b"}}
	for want, v := range map[string]any{
		"apikey.Store(2 keys)":  newStore(t, config),
		"apikey.Store(0 keys)":  (*apikey.Store)(nil),
		"apikey.Config(2 keys)": config,
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			if got := fmt.Sprintf(verb, v); got != want {
				t.Errorf("%s prints %s", verb, got)
			}
		}
		if got := slog.AnyValue(v).Resolve(); got.Kind() != slog.KindString || got.String() != want {
			t.Errorf("slog prints %v", got)
		}
		text, err := json.Marshal([]any{v})
		if got := string(text); err != nil || got != `["`+want+`"]` && got != "[null]" {
			t.Errorf("JSON is %s, %v", text, err)
		}
	}
}
