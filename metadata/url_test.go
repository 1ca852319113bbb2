package metadata_test

import (
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/metadata"
)

func TestCheckURL(t *testing.T) {
	for _, tt := range []struct{ policy, url, problem string }{
		{"https accepted", "https://mcp.example.com/mcp", ""},
		{"port, query and empty path accepted", "https://mcp.example.com:8443?tenant=a%2Fb", ""},
		{"scheme and host in any case accepted", "HTTPS://MCP.Example.com/mcp", ""},
		{"IPv6 accepted", "https://[2001:db8::1]:8443/mcp", ""},
		{"http to localhost accepted", "http://localhost:8000/mcp", ""},
		{"http in capitals to localhost accepted", "HTTP://localhost:8000/mcp", ""},
		{"http to 127.0.0.0/8 accepted", "http://127.1.2.3/mcp", ""},
		{"http to ::1 accepted", "http://[::1]:8000/mcp", ""},
		{"http elsewhere refused", "http://mcp.example.com/mcp", "https://"},
		{"http to a name that begins like loopback refused", "http://localhost.example.com/", "loopback"},
		{"http to an address that begins like loopback refused", "http://127.0.0.1.example.com/", "loopback"},
		{"http to all interfaces refused", "http://0.0.0.0:8000/", "loopback"},
		{"empty refused", "", "empty"},
		{"host without scheme refused", "mcp.example.com/mcp", "absolute"},
		{"path refused", "/mcp", "absolute"},
		{"opaque refused", "https:mcp", "absolute"},
		{"other scheme refused", "ftp://mcp.example.com/", "https://"},
		{"javascript refused", "javascript://mcp.example.com/%0aalert(1)", "https://"},
		{"scheme in the query is no scheme", "mcp.example.com?u=https://x", "https://"},
		{"fragment refused", "https://mcp.example.com/mcp#top", "fragment"},
		{"empty fragment refused", "https://mcp.example.com/mcp#", "fragment"},
		{"user refused", "https://user@mcp.example.com/", "user information"},
		{"empty user refused", "https://@mcp.example.com/", "user information"},
		{"no host refused", "https:///mcp", "no host"},
		{"port alone refused", "https://:8443/mcp", "no host"},
		{"empty port refused", "https://mcp.example.com:/mcp", "port"},
		{"port 0 refused", "https://mcp.example.com:0/mcp", "port"},
		{"port over 65535 refused", "https://mcp.example.com:65536/mcp", "port"},
		{"named port refused", "https://mcp.example.com:https/mcp", "port"},
		{"space refused", "https://mcp.example.com/m cp", "character"},
		{"line break refused", "https://mcp.example.com/mcp\r\nX: y", "character"},
		{"quote refused: it would end a header parameter", `https://mcp.example.com/"`, "character"},
		{"backslash refused: browsers take it for a slash", `https://mcp.example.com\mcp`, "character"},
		{"pattern braces refused", "https://mcp.example.com/{x}", "character"},
		{"letters beyond ASCII refused", "https://mcp.example.com/é", "character"},
		{"half an escape refused", "https://mcp.example.com/?a=%2", "character"},
		{"escaped host refused", "https://mcp%2eexample.com/", "percent-encoded host"},
		{"unclosed IPv6 refused", "https://[::1/mcp", "not a URL"},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			err := metadata.CheckURL(tt.url)
			if tt.problem == "" {
				wantError(t, err)
			} else {
				wantError(t, err, tt.problem)
			}
		})
	}
}

func TestErrorsDoNotRepeatPasswords(t *testing.T) {
	for _, u := range []string{
		"https://user:hunter2@mcp.example.com/",
		"ftp://user:hunter2@mcp.example.com/",
		"user:hunter2@mcp.example.com://",
		"https://user:hunter2@mcp.example.com:x/",
		"https://user:hunter2@mcp.example.com/ ",
		"https://user:hunter2@mcp.example.com/#x",
	} {
		var f metadata.Fetcher
		_, fetchErr := f.Fetch(t.Context(), u)
		_, pathErr := metadata.ResourceURL(u)
		_, docErr := metadata.Resource{Resource: u, AuthorizationServers: []string{u}}.Handler()
		for _, err := range []error{metadata.CheckURL(u), metadata.CheckSource(u, u), fetchErr, pathErr, docErr} {
			if err == nil || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%s: %v", u, err)
			}
		}
	}
}

func TestCheckSource(t *testing.T) {
	for _, tt := range []struct {
		policy, url, issuer string
		ok                  bool
	}{
		{"https for https", "https://keys.example.com/", "https://login.example.com", true},
		{"loopback http for loopback http", "http://127.0.0.1:9000/keys", "http://localhost:9000", true},
		{"https for loopback http", "https://keys.example.com/", "http://localhost:9000", true},
		{"loopback http for https refused", "http://127.0.0.1:9000/keys", "https://login.example.com", false},
		{"loopback http in capitals for https refused", "HTTP://127.0.0.1:9000/keys", "https://login.example.com", false},
		{"loopback http for remote http refused", "http://127.0.0.1:9000/keys", "http://login.example.com", false},
		{"loopback http for a name refused", "http://127.0.0.1:9000/keys", "login.example.com", false},
		{"remote http refused for anyone", "http://keys.example.com/", "http://localhost:9000", false},
	} {
		t.Run(tt.policy, func(t *testing.T) {
			if err := metadata.CheckSource(tt.url, tt.issuer); (err == nil) != tt.ok {
				t.Errorf("CheckSource(%q, %q) = %v", tt.url, tt.issuer, err)
			}
		})
	}
}

func TestIsLoopbackHost(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LocalHost": true, "localhost:8000": true,
		"127.0.0.1": true, "127.0.0.1:80": true, "127.255.255.254": true,
		"::1": true, "[::1]": true, "[::1]:8000": true,
		"": false, ":8000": false, "localhost.": false, "a.localhost": false, "localhost.example.com": false,
		"127.0.0.1.example.com": false, "127.1": false, "2130706433": false, "0x7f.0.0.1": false,
		"0.0.0.0": false, "::": false, "[::1": false, "[]": false, "[::1%25lo]": false, "::1%lo": false,
		"128.0.0.1": false, "10.0.0.1:80": false, "localhost:http": false, "localhost:": false, "localhost:99999": false,
		"localhost@example.com": false, "example.com": false,
	} {
		if got := metadata.IsLoopbackHost(host); got != want {
			t.Errorf("IsLoopbackHost(%q) = %v", host, got)
		}
	}
}
