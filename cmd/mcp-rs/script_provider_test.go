package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

// A provider is the fake one of a script, once it is started, and the others.
type provider struct {
	*jwkstest.Issuer
	others map[string]*jwkstest.Issuer // by the variable with its URL
}

func scriptIssuer(ts *testscript.TestScript, _ bool, args []string) {
	p := ts.Value("issuer").(*provider)
	switch {
	case len(args) == 0:
		p.Issuer = jwkstest.Start()
		ts.Defer(p.Close)
		ts.Setenv("ISSUER", p.URL)
	case args[0] == "rotate":
		p.Rotate()
	case args[0] == "down":
		p.SetAnswer(jwkstest.KeySet|jwkstest.Discovery, jwkstest.Answer{Drop: true})
	case args[0] == "up":
		p.SetAnswer(jwkstest.KeySet|jwkstest.Discovery, jwkstest.Answer{})
	default:
		ts.Fatalf("issuer %s is unknown", args[0])
	}
}

func scriptAnother(ts *testscript.TestScript, _ bool, args []string) {
	is := jwkstest.Start()
	ts.Defer(is.Close)
	ts.Value("issuer").(*provider).others[args[0]] = is
	ts.Setenv(args[0], is.URL)
}

func scriptToken(ts *testscript.TestScript, _ bool, args []string) {
	p := ts.Value("issuer").(*provider)
	is := p.Issuer
	if args[0] == "-by" {
		is, args = p.others[args[1]], args[2:]
	}
	claims := map[string]any{}
	for _, arg := range args[1:] {
		name, value, _ := strings.Cut(arg, "=")
		switch {
		case value == "":
			claims[name] = nil
		case strings.HasPrefix(value, "["):
			claims[name] = strings.Split(strings.Trim(value, "[]"), ",")
		case name == "cnf":
			block, _ := pem.Decode([]byte(ts.ReadFile(value)))
			sum := sha256.Sum256(block.Bytes)
			claims[name] = map[string]any{"x5t#S256": base64.RawURLEncoding.EncodeToString(sum[:])}
		case name == "exp":
			life, err := time.ParseDuration(value)
			ts.Check(err)
			claims[name] = time.Now().Add(life)
		default:
			claims[name] = value
		}
	}
	ts.Setenv(args[0], is.Mint(jwkstest.Token{Claims: claims}))
}

// scriptIntrospector answers as RFC 7662 §2.2 has it, with what FILE says of a token. The
// file is read for every question, so that a script can revoke one.
func scriptIntrospector(ts *testscript.TestScript, _ bool, args []string) {
	file := ts.MkAbs(args[1])
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if id, password, _ := r.BasicAuth(); id != "me" || password != "canary" || r.Method != http.MethodPost {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		var known map[string]json.RawMessage
		text, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(text, &known)
		}
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		answer, ok := known[r.FormValue("token")]
		if !ok {
			answer = json.RawMessage(`{"active":false}`)
		}
		_, _ = w.Write(answer)
	}))
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.URL)
}

func scriptHeader(ts *testscript.TestScript, _ bool, args []string) {
	block, _ := pem.Decode([]byte(ts.ReadFile(args[1])))
	ts.Setenv(args[0], ":"+base64.StdEncoding.EncodeToString(block.Bytes)+":")
}
