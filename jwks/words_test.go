package jwks_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks"
	"github.com/mcp-rs/mcp-rs/metadata"
)

// A wordMaker makes claims whose every word says which token it is of.
type wordMaker struct {
	*rand.Rand
	mark string
}

func (m wordMaker) word() any {
	switch m.IntN(24) {
	case 0:
		return ""
	case 1:
		return "two words-" + m.mark
	case 2:
		return m.mark + "é\"\\\u0001"
	case 3:
		return "api://x/" + m.mark
	}
	return fmt.Sprintf("%s-%d", m.mark, m.IntN(20))
}

func (m wordMaker) list(odd int) []any {
	list := []any{}
	for range []int{0, 1, 2, 3, 6, 7, 15, 16, 17, 33, 70}[m.IntN(11)] {
		list = append(list, m.word())
	}
	if m.IntN(odd) == 0 {
		list = slices.Insert(list, m.IntN(len(list)+1), []any{1, nil, true, map[string]any{"a": "b"}, []any{"x"}}[m.IntN(5)])
	}
	return list
}

// value is what a claim of words may be, or not.
func (m wordMaker) value() any {
	switch m.IntN(10) {
	case 0:
		return nil
	case 1:
		return []any{3, true, map[string]any{}, ""}[m.IntN(4)]
	case 2, 3, 4:
		var words []string
		for _, w := range m.list(1 << 30) {
			words = append(words, w.(string))
		}
		return strings.Join(words, []string{" ", "  "}[m.IntN(2)])
	}
	return m.list(8)
}

// claims is a set with members in any order, so that "aud" is the first or the last.
func (m wordMaker) claims() (text string, set map[string]any) {
	set = map[string]any{"iss": login, "sub": m.mark, "exp": noon.Unix() + 600}
	aud := m.list(8)
	if m.IntN(6) > 0 {
		aud = slices.Insert(aud, m.IntN(len(aud)+1), any(here))
	}
	switch m.IntN(12) {
	case 0:
		set["aud"] = here
	case 1:
		set["aud"] = []any{nil, 1, map[string]any{}, []any{}}[m.IntN(4)]
	case 2: // none
	default:
		set["aud"] = aud
	}
	for _, name := range []string{"scope", "scp", "roles", "realm"} {
		if m.IntN(2) == 0 {
			set[name] = m.value()
		}
	}
	if m.IntN(2) == 0 {
		set["realm"] = map[string]any{"roles": m.value()}
	}
	if m.IntN(8) == 0 {
		set["user"] = []any{m.mark, "", nil, 7, []any{}}[m.IntN(5)]
	}
	for i := range m.IntN(20) {
		set[fmt.Sprint("more", i)] = m.value()
	}
	names := make([]string, 0, len(set))
	for name := range set {
		names = append(names, name)
	}
	slices.Sort(names)
	m.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	var b strings.Builder
	for i, name := range names {
		value, err := json.Marshal(set[name])
		if err != nil {
			panic(err)
		}
		fmt.Fprintf(&b, "%s%q:%s", map[bool]string{true: "", false: ","}[i == 0], name, value)
	}
	if m.IntN(15) == 0 { // a mistake behind everything else
		b.WriteString([]string{`,"aud":"x"`, `,"Aud":"x"`, `,"nbf":"x"`, `,`}[m.IntN(4)])
	}
	return "{" + b.String() + "}", set
}

// audienceIn is the audience that was written; nil for none.
func audienceIn(t *testing.T, value any) []string {
	list, err := stringsIn(value)
	if err != nil {
		t.Errorf("an audience of %v is accepted", value)
	}
	return list
}

func stringsIn(value any) ([]string, error) {
	switch v := value.(type) {
	case string:
		return []string{v}, nil
	case []any:
		var list []string
		for _, e := range v {
			s, ok := e.(string)
			if !ok {
				return nil, errors.New("no string")
			}
			list = append(list, s)
		}
		return list, nil
	}
	return nil, errors.New("neither")
}

func scopesIn(set map[string]any, claims, prefixes []string) []string {
	if len(claims) == 0 {
		claims = []string{"scope"}
		if set["scope"] == nil {
			claims = []string{"scp"}
		}
	}
	var list []string
	for _, claim := range claims {
		value := set[claim]
		if value == nil {
			if outer, inner, ok := strings.Cut(claim, "."); ok {
				object, _ := set[outer].(map[string]any)
				value = object[inner]
			}
		}
		var words []string
		if text, ok := value.(string); ok {
			words = strings.Split(text, " ")
		} else {
			elements, err := stringsIn(value)
			if err != nil {
				continue
			}
			for _, e := range elements {
				if metadata.CheckScope(e) == nil {
					words = append(words, e)
				}
			}
		}
		for _, w := range words {
			for _, p := range prefixes {
				if strings.HasPrefix(w, p) {
					w = w[len(p):]
					break
				}
			}
			if w != "" && !slices.Contains(list, w) {
				list = append(list, w)
			}
		}
	}
	return list
}

// What a token says in words is what encoding/json wrote into that very token, however many
// there are, in whatever order, and whichever tokens came before and at the same time.
func TestWordsAreThoseOfTheToken(t *testing.T) {
	for name, names := range map[string]jwks.Names{
		"the default": {}, "several": {Scopes: []string{"roles", "scope", "realm.roles", "scp"}, ScopePrefixes: []string{"api://x/"}, User: []string{"user"}},
	} {
		v := believeSecret(t, jwks.Issuer{Names: names})
		type reading struct {
			c   *jwks.Claims
			set map[string]any
		}
		compare := func(t *testing.T, r reading) {
			c, audience, scopes := r.c, audienceIn(t, r.set["aud"]), scopesIn(r.set, names.Scopes, names.ScopePrefixes)
			if !slices.Equal(c.Audience, audience) || !slices.Equal(c.Scopes, scopes) || c.Subject != r.set["sub"] {
				t.Errorf("%s: audience %q, want %q; scopes %q, want %q", c.Subject, c.Audience, audience, c.Scopes, scopes)
			}
			if !slices.Equal(c.Scopes, c.ReadScopes(names.Scopes)) || cap(c.Audience) != len(c.Audience) || cap(c.Scopes) != len(c.Scopes) {
				t.Errorf("%s: room behind %d audiences, %d scopes", c.Subject, cap(c.Audience), cap(c.Scopes))
			}
		}
		var accepted, refused [4]int
		var wg sync.WaitGroup
		for worker := range 4 {
			wg.Go(func() {
				m := wordMaker{Rand: rand.New(rand.NewPCG(uint64(worker), 25))}
				var kept []reading
				for i := range 400 {
					m.mark = fmt.Sprintf("t%d-%d", worker, i)
					text, set := m.claims()
					c, err := v.Verify(t.Context(), mintClaims(t, text))
					if err != nil {
						refused[worker]++
						if a, e := stringsIn(set["aud"]); e == nil && slices.Contains(a, here) && json.Valid([]byte(text)) && !strings.Contains(text, `"user"`) && !strings.HasSuffix(text, `"x"}`) {
							t.Errorf("%s is refused: %v", text, err)
						}
						continue
					}
					accepted[worker]++
					kept = append(kept, reading{c, set})
					compare(t, kept[len(kept)-1])
				}
				for _, r := range kept {
					compare(t, r)
					_, _ = append(r.c.Audience, "x"), append(r.c.Scopes, "y")
				}
			})
		}
		wg.Wait()
		t.Log(name, "accepted", accepted, "refused", refused)
		for w := range accepted {
			if accepted[w] == 0 || refused[w] == 0 {
				t.Errorf("%s: accepted %v, refused %v", name, accepted, refused)
			}
		}
	}
}
