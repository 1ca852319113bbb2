package vectors

import (
	"encoding/json"
	"io/fs"
	"strings"
	"testing"

	"github.com/c2sp/wycheproof"
)

// A file is one of Wycheproof's.
type file struct {
	Tests  int      `json:"numberOfTests"`
	Groups []*group `json:"testGroups"`
}

// A group is vectors of the same keys.
type group struct {
	Type            string
	Comment         string
	Public, Private json.RawMessage
	Tests           []*vector

	keys []*privateKey
	set  json.RawMessage // what is published
	base []string        // the parts of the first vector that is valid, or nil
}

// A vector is one token and what should come of it.
type vector struct {
	ID       int `json:"tcId"`
	Comment  string
	Result   string
	JWS, JWE json.RawMessage

	text string
}

func load(t *testing.T, name string) *file {
	t.Helper()
	text, err := fs.ReadFile(wycheproof.TestVectors, name)
	if err != nil {
		t.Fatal(err)
	}
	f := new(file)
	if err := json.Unmarshal(text, f); err != nil {
		t.Fatal(err)
	}
	for _, g := range f.Groups {
		g.prepare(t)
	}
	return f
}

func (g *group) prepare(t *testing.T) {
	t.Helper()
	for _, v := range g.Tests {
		token := v.JWS
		if token == nil {
			token = v.JWE
		}
		if json.Unmarshal(token, &v.text) != nil {
			v.text = string(token) // an object
		}
		if parts := strings.Split(v.text, "."); g.base == nil && v.Result == "valid" && len(parts) == 3 {
			g.base = parts
		}
	}
	var set struct{ Keys []*privateKey }
	if json.Unmarshal(g.Private, &set) != nil || set.Keys == nil {
		set.Keys = []*privateKey{new(privateKey)}
		if err := json.Unmarshal(g.Private, set.Keys[0]); err != nil && g.Type != "JsonWebEncryption" {
			t.Fatalf("%s: %v", g.Comment, err)
		}
	}
	g.keys = set.Keys
	for _, k := range g.keys {
		k.prepare()
	}
	g.set = g.Public
	if g.set == nil {
		g.set = g.Private
	}
	if !strings.Contains(string(g.set), `"keys"`) {
		g.set = json.RawMessage(`{"keys":[` + string(g.set) + `]}`)
	}
}
