package main

import (
	"context"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/client/transport"
)

// A deployment is mcp-rs as an operator runs it, and the provider whose tokens it
// wants: over real HTTP, in this process.
type deployment struct {
	issuer *authServer
	mcp    string      // URL of the MCP endpoint, as people type it
	log    *transcript // what mcp-rs printed
	stop   func() int  // ends mcp-rs and returns its exit code, as often as it is called
}

var listening = regexp.MustCompile(`"msg":"listening".*"mcp":"([^"]+)"`)

// deploy runs mcp-rs until the test ends, and then sees that it ended well: with
// exit code 0, no goroutine left behind, and no secret in its log.
func deploy(t *testing.T, environ ...string) *deployment {
	t.Helper()
	d := &deployment{issuer: startProvider(t), log: newTranscript()}
	environ = append([]string{
		"MCP_AUTH_REQUIRED=true",
		"MCP_HOST=127.0.0.1",
		"MCP_PORT=0",
		"MCP_OAUTH_SERVER_URL=" + d.issuer.URL,
		"MCP_JWT_AUDIENCE=my-api", // beside the URLs of the server, which are not known yet
		"MCP_JWT_ALGORITHM=ES256",
		"MCP_SCOPES_SUPPORTED=read,write,admin",
		"MCP_CHALLENGE_SCOPES=read,write",
		"MCP_API_KEYS=" + apiKey,
		"MCP_LOG_LEVEL=debug",
	}, environ...)
	ctx, cancel := context.WithCancel(context.Background())
	code := make(chan int, 1)
	go func() { code <- run(ctx, []string{"serve"}, program{stdout: d.log, stderr: d.log, environ: environ}) }()
	d.stop = sync.OnceValue(func() int {
		cancel()
		return <-code
	})
	t.Cleanup(func() { d.checkEnd(t) })

	wait, done := context.WithTimeout(t.Context(), patience)
	defer done()
	d.mcp = listening.FindStringSubmatch(d.log.await(wait, t, `"msg":"listening"`))[1]
	d.issuer.SetAudience(d.mcp)
	return d
}

func (d *deployment) checkEnd(t *testing.T) {
	t.Helper()
	if code := d.stop(); code != 0 {
		t.Errorf("exit code %d: %s", code, d.log)
	}
	noneLeft(t)
	for _, secret := range d.issuer.secrets() {
		if strings.Contains(d.log.String(), secret) {
			t.Errorf("%.20s… is in the log", secret)
		}
	}
}

// noneLeft fails if a goroutine of the server outlives it.
func noneLeft(t *testing.T) {
	t.Helper()
	left := "unknown"
	for begin := time.Now(); left != "" && time.Since(begin) < patience; time.Sleep(time.Millisecond) {
		left = running("mcp-go/server.", "internal/demo.", "internal/watch.", "mcp-rs.(*server)", "mcp-rs/middleware.", "mcp-rs/jwks.")
	}
	if left != "" {
		t.Errorf("left behind:\n%s", left)
	}
}

// running is a goroutine that has one of these in its stack.
func running(packages ...string) string {
	stacks := make([]byte, 4<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if slices.ContainsFunc(packages, func(p string) bool { return strings.Contains(stack, p) }) {
			return stack
		}
	}
	return ""
}

// apiKey is one that the server accepts.
const apiKey = "dev-key-canary-123"

// A credential is what a client puts into its requests, asked for each anew.
type credential = transport.HTTPHeaderFunc

func bearerOf(token string) credential {
	return func(context.Context) map[string]string {
		return map[string]string{"Authorization": "Bearer " + token}
	}
}

func keyOf(key string) credential {
	return func(context.Context) map[string]string { return map[string]string{"X-API-Key": key} }
}

func nobody(context.Context) map[string]string { return nil }

// as is the credential of a user.
func (d *deployment) as(subject string) credential {
	return bearerOf(d.issuer.mint(map[string]any{"sub": subject}))
}
