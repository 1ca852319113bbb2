package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

// The scripts in testdata/script run the program as a process of its own. Beside
// what testscript knows, they have the program http and these commands:
//
//	port VAR                      a free port
//	issuer                        start a provider; its URL is $ISSUER
//	issuer rotate|down|up         what providers do
//	another VAR                   start one more; its URL is $VAR
//	token VAR claim=value…        a token of it; claim= leaves a claim out, [a,b] is a list, exp takes a duration
//	token -by VAR VAR claim=…     a token of another
//	token VAR cnf=CERT            one that is bound to a certificate
//	introspector VAR FILE         start a server that is asked about tokens, by me with the password canary
//	await URL                     wait until it answers 200
//	eventually COMMAND…           repeat http until its output has the pattern: eventually PATTERN http-arguments…
//	block NAME FILE               a block of .env.mcp.example, switched on
//	certificate CERT KEY CN       a self-signed certificate for 127.0.0.1
//	header VAR CERT               a certificate as RFC 9440 writes it
//	keygen VAR FILE ARGUMENTS…    mcp-rs keygen; the key in VAR, its line in FILE
//	write FILE TEXT               replace a file
//	append FILE OTHER             add the content of another file
//	expand FILE                   replace $VAR in a file
//	capture VAR PATTERN           the first group of what the last command printed
//
// and the program exitcode N COMMAND…, which succeeds when COMMAND exits with N.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"mcp-rs": main, "http": httpMain, "exitcode": exitcodeMain})
}

// patience bounds every wait for something to happen; nothing is measured by it.
const patience = 30 * time.Second

func TestScripts(t *testing.T) {
	example, err := filepath.Abs("../../.env.mcp.example")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("..", "..", "testdata", "script"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("EXAMPLE", example)
			e.Values["issuer"] = &provider{others: map[string]*jwkstest.Issuer{}}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"port":         scriptPort,
			"issuer":       scriptIssuer,
			"another":      scriptAnother,
			"token":        scriptToken,
			"introspector": scriptIntrospector,
			"await":        scriptAwait,
			"eventually":   scriptEventually,
			"block":        scriptBlock,
			"certificate":  scriptCertificate,
			"header":       scriptHeader,
			"keygen":       scriptKeygen,
			"write":        scriptWrite,
			"append":       scriptAppend,
			"expand":       scriptExpand,
			"capture":      scriptCapture,
		},
	})
}

func scriptPort(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv(args[0], fmt.Sprint(l.Addr().(*net.TCPAddr).Port))
	ts.Check(l.Close())
}

func scriptAwait(ts *testscript.TestScript, _ bool, args []string) {
	var last string
	for begin := time.Now(); time.Since(begin) < patience; time.Sleep(50 * time.Millisecond) {
		var out bytes.Buffer
		err := fetch(&out, args)
		if last = out.String(); err == nil && strings.HasPrefix(last, "200 ") {
			return
		}
	}
	ts.Fatalf("%s did not answer 200; last: %s", args[0], last)
}

func scriptEventually(ts *testscript.TestScript, _ bool, args []string) {
	var last string
	for begin := time.Now(); time.Since(begin) < patience; time.Sleep(100 * time.Millisecond) {
		var out bytes.Buffer
		_ = fetch(&out, args[1:])
		if last = out.String(); strings.Contains(last, args[0]) {
			return
		}
	}
	ts.Fatalf("never saw %q; last: %s", args[0], last)
}

func scriptBlock(ts *testscript.TestScript, _ bool, args []string) {
	f, err := os.Open(ts.Getenv("EXAMPLE"))
	ts.Check(err)
	defer func() { _ = f.Close() }()
	var out strings.Builder
	inside := false
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "# --- block: "+args[0]+" "):
			inside = true
		case strings.HasPrefix(line, "# --- end"):
			inside = false
		case inside:
			out.WriteString(strings.Replace(line, "#MCP_", "MCP_", 1) + "\n")
		}
	}
	if out.Len() == 0 {
		ts.Fatalf("there is no block %s", args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(out.String()), 0o600))
}

func scriptCertificate(ts *testscript.TestScript, _ bool, args []string) {
	cert, key, err := selfSigned(args[2])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), key, 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), cert, 0o600))
}

var keyPattern = regexp.MustCompile(`mcp_\w+`)

func scriptKeygen(ts *testscript.TestScript, _ bool, args []string) {
	var line, shown bytes.Buffer
	if code := run(context.Background(), append([]string{"keygen"}, args[2:]...), program{stdout: &line, stderr: &shown}); code != 0 {
		ts.Fatalf("keygen exits with %d: %s", code, &shown)
	}
	ts.Setenv(args[0], keyPattern.FindString(shown.String()))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), line.Bytes(), 0o600))
}

func scriptWrite(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Join(args[1:], " ")), 0o600))
}

func scriptAppend(ts *testscript.TestScript, _ bool, args []string) {
	scriptWrite(ts, false, []string{args[0], ts.ReadFile(args[0]) + ts.ReadFile(args[1])})
}

func scriptExpand(ts *testscript.TestScript, _ bool, args []string) {
	scriptWrite(ts, false, []string{args[0], os.Expand(ts.ReadFile(args[0]), ts.Getenv)})
}

func scriptCapture(ts *testscript.TestScript, _ bool, args []string) {
	m := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if m == nil {
		ts.Fatalf("nothing is like %s", args[1])
	}
	ts.Setenv(args[0], m[1])
}

func exitcodeMain() {
	want, err := strconv.Atoi(os.Args[1])
	if err == nil {
		c := exec.Command(os.Args[2], os.Args[3:]...)
		c.Stdout, c.Stderr = os.Stdout, os.Stderr
		err = c.Run()
		if c.ProcessState != nil && c.ProcessState.ExitCode() == want {
			return
		}
	}
	fmt.Fprintf(os.Stderr, "want exit code %d: %v\n", want, err)
	os.Exit(1)
}

// httpMain is the program http, for machines without curl: it prints the status,
// the headers and the body, and for TLS who the server said it is.
func httpMain() {
	if err := fetch(os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func fetch(w io.Writer, args []string) error {
	flags := flag.NewFlagSet("http", flag.ContinueOnError)
	method := flags.String("X", "", "method; GET, or POST with a body")
	body := flags.String("d", "", "body")
	header := http.Header{}
	flags.Func("H", "header", func(line string) error {
		name, value, _ := strings.Cut(line, ":")
		header.Add(name, strings.TrimSpace(value))
		return nil
	})
	var own []tls.Certificate
	flags.Func("cert", "files of a certificate of our own: CERT,KEY", func(files string) error {
		cert, key, _ := strings.Cut(files, ",")
		pair, err := tls.LoadX509KeyPair(cert, key)
		own = append(own, pair)
		return err
	})
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *method == "" {
		*method = http.MethodGet
		if *body != "" {
			*method = http.MethodPost
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, *method, flags.Arg(0), strings.NewReader(*body))
	if err != nil {
		return err
	}
	r.Header = header
	if host := header.Get("Host"); host != "" {
		r.Host = host
	}
	return exchange(w, r, own)
}

func exchange(w io.Writer, r *http.Request, own []tls.Certificate) error {
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true, Certificates: own}}, // self-signed, on loopback
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	fmt.Fprintln(w, resp.StatusCode, http.StatusText(resp.StatusCode))
	if resp.TLS != nil {
		fmt.Fprintln(w, "certificate:", resp.TLS.PeerCertificates[0].Subject.CommonName)
	}
	for _, name := range slices.Sorted(keysOf(resp.Header)) {
		for _, value := range resp.Header[name] {
			fmt.Fprintf(w, "%s: %s\n", name, value)
		}
	}
	fmt.Fprintln(w)
	_, err = io.Copy(w, resp.Body)
	return err
}
