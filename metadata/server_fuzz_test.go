package metadata_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/mcp-rs/mcp-rs/metadata"
)

// What parses is JSON of one object, has every non-null member of it and no other,
// and its strings are those under the exact names.
func FuzzParseServer(f *testing.F) {
	for _, name := range []string{"auth0.json", "entra-common.json", "keycloak.json"} {
		f.Add([]byte(fixture(f, name)))
	}
	f.Add([]byte(`{"issuer":"a","Issuer":"b","ISSUER":null}`))
	f.Add([]byte(`{"a":1,"a":2}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := metadata.ParseServer(body)
		if err != nil {
			return
		}
		if !json.Valid(body) {
			t.Fatalf("parsed %q", body)
		}
		var all map[string]json.RawMessage
		if err := json.Unmarshal(body, &all); err != nil {
			t.Fatal(err)
		}
		if n := names(body); n != len(all) {
			t.Fatalf("%d names, but %d members: one appears twice in %q", n, len(all), body)
		}
		for name, raw := range all {
			if string(raw) == "null" {
				raw = nil
			}
			if got := s.Member(name); !bytes.Equal(got, raw) {
				t.Fatalf("member %q is %q, not %q", name, got, raw)
			}
		}
		var issuer string
		if raw := s.Member("issuer"); raw != nil {
			if err := json.Unmarshal(raw, &issuer); err != nil {
				t.Fatal(err)
			}
		}
		if s.Issuer != issuer {
			t.Fatalf("issuer %q, not %q", s.Issuer, issuer)
		}
	})
}

// names counts the members of an object, equal ones too.
func names(body []byte) (n int) {
	dec := json.NewDecoder(bytes.NewReader(body))
	_, _ = dec.Token() // the opening brace
	for dec.More() {
		_, _ = dec.Token()
		var value json.RawMessage
		_ = dec.Decode(&value)
		n++
	}
	return n
}
