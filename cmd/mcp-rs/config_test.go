package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// read loads a configuration from "MCP_X=1; MCP_Y=2".
func read(settings string) (*config, error) {
	return load(strings.Split(settings, "; "), "")
}

// mustRead is read for settings without a mistake.
func mustRead(t *testing.T, settings string) *config {
	t.Helper()
	c, err := read(settings)
	if err != nil {
		t.Fatalf("%s\n%v", settings, err)
	}
	return c
}

// fields are the variables that an error of load is about, one for each mistake.
func fields(err error) []string {
	if err == nil {
		return nil
	}
	var list []string
	for _, problem := range problemsOf(err) {
		e, ok := errors.AsType[*middleware.ConfigError](problem)
		if !ok {
			return []string{"not a ConfigError: " + problem.Error()}
		}
		list = append(list, e.Field)
	}
	return list
}

// writeFile puts text into a file and returns its path.
func writeFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEnvironmentWinsOverFile(t *testing.T) {
	t.Parallel()
	file := writeFile(t, "MCP_API_KEYS=from-file\nMCP_PORT=1111\nMCP_LOG_LEVEL=debug\nMCP_AUTH_REQUIRED=true\n")
	c, err := load([]string{"MCP_PORT=2222", "MCP_LOG_LEVEL=", "MCP_HOST= 127.0.0.1 ", "PATH=/bin"}, file)
	if err != nil {
		t.Fatal(err)
	}
	for _, is := range []struct {
		policy    string
		got, want any
	}{
		{"the environment wins", c.Port, 2222},
		{"an empty variable is none, so the file counts", c.LogLevel, "debug"},
		{"space around a value means nothing", c.Host, "127.0.0.1"},
		{"the file alone", c.AuthRequired, true},
		{"source: environment", c.from["MCP_PORT"], "environment"},
		{"source: file", c.from["MCP_LOG_LEVEL"], "env file file"},
		{"source: nowhere", c.from["MCP_MAX_BODY_BYTES"], ""},
	} {
		if is.got != is.want {
			t.Errorf("%s: got %v, want %v", is.policy, is.got, is.want)
		}
	}
}

// The environment of the process is changed while envconfig reads it. This test
// looks at it before and after, and so cannot run beside others.
func TestLoadLeavesTheEnvironmentAsItWas(t *testing.T) {
	t.Setenv("MCP_PORT", "3333")
	t.Setenv("MCP_LOG_LEVEL", "")
	before := slices.Sorted(slices.Values(os.Environ()))
	c := mustRead(t, "MCP_API_KEYS=k; MCP_PORT=4444; MCP_HOST=127.0.0.1; MCP_LOG_LEVEL=warn")
	if c.Port != 4444 || c.LogLevel != "warn" {
		t.Errorf("port %d, level %s: load must read what it is given", c.Port, c.LogLevel)
	}
	if _, err := read("MCP_PORT=many; MCP_AUTH_ENABLED=perhaps"); err == nil {
		t.Error("no mistake found")
	}
	if after := slices.Sorted(slices.Values(os.Environ())); !slices.Equal(before, after) {
		t.Errorf("environment changed from\n%q\nto\n%q", before, after)
	}
}

func TestUnprefixedVariablesAreNotRead(t *testing.T) {
	t.Setenv("HOST", "0.0.0.0")
	t.Setenv("PORT", "9999")
	if c := mustRead(t, "MCP_API_KEYS=k"); c.Host != "" || c.Port != 8000 {
		t.Errorf("host %q, port %d were taken from HOST and PORT", c.Host, c.Port)
	}
}

func TestLoadsAreIndependent(t *testing.T) {
	t.Parallel()
	for i := range 20 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			if c := mustRead(t, fmt.Sprintf("MCP_API_KEYS=k; MCP_PORT=%d", 5000+i)); c.Port != 5000+i {
				t.Errorf("port %d, want %d", c.Port, 5000+i)
			}
		})
	}
}

const canary = "canary-4b1d"

// People write secrets in the wrong place; what is said about it goes to a log.
func TestMistakesQuoteNoSecret(t *testing.T) {
	t.Parallel()
	c, err := load([]string{
		"MCP_API_KEYS=" + canary + "-key-1," + canary + "-key-1",
		"MCP_JWT_SECRET=" + canary,
		"MCP_JWT_PUBLIC_KEY=" + canary + "-pasted-private-key",
		"MCP_JWT_SECRET_FILE=" + canary + "-pasted-secret",
		"MCP_JWT_PUBLIC_KEY_FILE=" + canary + "-pasted-key",
		"MCP_API_KEYS_FILE=" + canary + "-pasted-keys",
		"MCP_OAUTH_SERVER_URL=https://user:" + canary + "@login.example.com",
		"MCP_JWT_ISSUER=issuer",
		"MCP_AUTH_REQUIRED=ture",
	}, writeFile(t, "MCP_JWT_SECRETT="+canary+"\nMCP_API_KEYS="+canary+"$X\n"))
	if err == nil {
		t.Fatal("no mistake found")
	}
	for name, text := range map[string]string{
		"error":    err.Error(),
		"warnings": strings.Join(c.warnings(), "\n"),
	} {
		if strings.Contains(text, canary) {
			t.Errorf("%s holds a secret:\n%s", name, text)
		}
	}
}

// A secret that gets printed anywhere is in a log for ever.
func TestSecretsNeverPrint(t *testing.T) {
	t.Parallel()
	c := mustRead(t, strings.Join([]string{
		"MCP_API_KEYS=" + canary + "-key-1," + canary + "-key-2",
		"MCP_JWT_SECRET=" + canary + strings.Repeat("s", 32),
		"MCP_HOST=127.0.0.1", "MCP_JWT_ALGORITHM=HS256", "MCP_JWT_ISSUER=issuer", "MCP_JWT_AUDIENCE=audience",
		"MCP_INTROSPECTION_URL=https://login.example.com/i", "MCP_INTROSPECTION_CLIENT_ID=me", "MCP_INTROSPECTION_CLIENT_SECRET=" + canary,
	}, "; "))
	_ = c.JWTPublicKey.Decode(canary)
	_ = c.OAuthClientSecret.Decode(canary)
	type enclosing struct{ inner *config }
	type enclosingValue struct{ inner config }
	var logs, table strings.Builder
	slog.New(slog.NewJSONHandler(&logs, nil)).Info("m", "c", c, "v", *c, "secret", c.JWTSecret, "keys", c.APIKeys)
	slog.New(slog.NewTextHandler(&logs, nil)).Info("m", "c", c, "v", *c, "secret", *c.JWTSecret, "keys", *c.APIKeys)
	marshalled, jsonErr := json.Marshal(c)
	if err := errors.Join(jsonErr, c.print(&table, nil)); err != nil {
		t.Fatal(err)
	}
	guard, err := c.guard()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"print-config": table.String(),
		"slog":         logs.String(),
		"JSON":         string(marshalled),
		"guard":        fmt.Sprintf("%v %+v %#v", guard, guard, guard),
	} {
		if strings.Contains(text, canary) {
			t.Errorf("%s holds a secret:\n%s", name, text)
		}
	}
	secret, twoKeys := "43 bytes, not shown", "2 keys, not shown"
	for name, text := range map[string]string{
		"slog of one": c.JWTSecret.LogValue().String() + c.APIKeys.LogValue().String(),
		"slog":        logs.String(),
		"JSON":        string(marshalled),
	} {
		if !strings.Contains(text, secret) || !strings.Contains(text, twoKeys) {
			t.Errorf("%s does not say how much there is:\n%s", name, text)
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, v := range []any{c, *c, &enclosing{c}, enclosingValue{*c}, c.APIKeys, *c.APIKeys, c.JWTSecret, *c.JWTSecret, []any{*c.JWTSecret}} {
			text := fmt.Sprintf(verb, v)
			if strings.Contains(text, canary) || strings.Contains(text, fmt.Sprintf("%x", canary)) {
				t.Errorf("%s of %T holds a secret:\n%s", verb, v, text)
			}
		}
	}
}

func TestUnknownVariablesAreWarnedOf(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ policy, name, want string }{
		{"a letter missing", "MCP_JWT_ISUER", "did you mean MCP_JWT_ISSUER?"},
		{"a letter too much", "MCP_JWT_ALGORITHMS", "did you mean MCP_JWT_ALGORITHM?"},
		{"two letters swapped", "MCP_AUHT_REQUIRED", "did you mean MCP_AUTH_REQUIRED?"},
		{"another letter", "MCP_OAUTH_JWKS_URL", "did you mean MCP_OAUTH_JWKS_URI?"},
		{"lower case", "mcp_auth_required", "did you mean MCP_AUTH_REQUIRED?"},
		{"nothing like ours", "MCP_TOOL_TIMEOUT", "mcp-rs has no such variable"},
	} {
		for from, load := range map[string]func() (*config, error){
			"environment":   func() (*config, error) { return read("MCP_API_KEYS=k; " + row.name + "=canary") },
			"env file file": func() (*config, error) { return load(nil, writeFile(t, "MCP_API_KEYS=k\n"+row.name+"=canary\n")) },
		} {
			c, err := load()
			if err != nil {
				t.Fatal(err)
			}
			want := row.name + ": is ignored (" + from + "); " + row.want
			if got := c.warnings(); !slices.Equal(got, []string{want}) {
				t.Errorf("%s: got %q, want %q", row.policy, got, want)
			}
		}
	}
	if c := mustRead(t, "MCP_API_KEYS=k; PATH=/bin; AMCP_HOST=x; HOME=/"); len(c.warnings()) > 0 {
		t.Errorf("variables that are nobody's typo: %q", c.warnings())
	}
}

func TestEnvFileMistakes(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ policy, file, variable, want string }{
		{"a value that the format would change", "MCP_API_KEYS=pa$WORD\n", "MCP_API_KEYS", "single quotes"},
		{"in double quotes too", `MCP_API_KEYS="pa${WORD}"` + "\n", "MCP_API_KEYS", "single quotes"},
		{"a reference to nothing would switch to the default", "MCP_AUTH_REQUIRED=$YES\n", "MCP_AUTH_REQUIRED", "single quotes"},
		{"two blocks switched on", "MCP_API_KEYS=a\nMCP_AUTH_REQUIRED=true\n export MCP_AUTH_REQUIRED = false\n", "MCP_AUTH_REQUIRED", "more than once"},
		{"a line without =", "MCP_API_KEYS=canary\n\nMCP_HOST canary\n", "--env-file", "line 3"},
		{"a last line without =", "MCP_API_KEYS=canary\nMCP_HOST", "--env-file", "line 2"},
		{"a quote that does not end", "A='x\ny'\nMCP_JWT_SECRET='canary\nMCP_PORT=1\n", "--env-file", "line 3"},
		{"a byte that no environment holds", "MCP_HOST=a\x00b\n", "MCP_HOST", "NUL"},
	} {
		_, err := load([]string{"MCP_API_KEYS=k"}, writeFile(t, row.file))
		if got := fields(err); !slices.Equal(got, []string{row.variable}) || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want %s: …%s…", row.policy, err, row.variable, row.want)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the file is quoted: %v", row.policy, err)
		}
	}
	_, err := load([]string{"MCP_API_KEYS=k"}, filepath.Join(t.TempDir(), "none"))
	if got := fields(err); !slices.Equal(got, []string{"--env-file"}) {
		t.Errorf("no such file: got %v", err)
	}
}

func TestEnvFileKeepsWhatIsWritten(t *testing.T) {
	t.Parallel()
	c, err := load(nil, writeFile(t, "# a comment\r\nMCP_API_KEYS='pa$WORD,x'\r\nMCP_JWT_LEEWAY=30s # half a minute\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(c.APIKeys.values(), []string{"pa$WORD", "x"}) || c.JWTLeeway.String() != "30s" {
		t.Errorf("keys %q, leeway %s", c.APIKeys.values(), c.JWTLeeway)
	}
}
