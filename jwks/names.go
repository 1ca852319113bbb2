package jwks

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
	"github.com/mcp-rs/mcp-rs/metadata"
)

// defaultClient is where the client is, by RFC 9068 §2.2 and by custom.
var defaultClient = []string{"client_id", "azp", "cid", "appid"}

// copied checks and copies names, and fills in the default that has to be at hand.
func (n Names) copied(p *problems) Names {
	for _, of := range []struct {
		field string
		list  []string
	}{{"Scopes", n.Scopes}, {"ScopePrefixes", n.ScopePrefixes}, {"Client", n.Client}, {"User", n.User}} {
		if slices.Contains(of.list, "") {
			p.add("Names."+of.field, "has an empty entry; remove it")
		}
	}
	if len(n.Client) == 0 {
		n.Client = defaultClient
	}
	return Names{
		Scopes: slices.Clone(n.Scopes), ScopePrefixes: slices.Clone(n.ScopePrefixes),
		Client: slices.Clone(n.Client), User: slices.Clone(n.User),
	}
}

// ReadScopes reads the scopes that the token has in claims, as [Names].Scopes does:
// strings of words, or arrays, all of them together. The prefixes of the issuer are
// cut. No claims means "scope" (RFC 8693 §4.2) or, where there is none, "scp".
func (c *Claims) ReadScopes(claims []string) []string { return c.appendScopes(nil, claims) }

// appendScopes is ReadScopes behind what is in a list already.
func (c *Claims) appendScopes(to []string, claims []string) []string {
	if len(claims) == 0 {
		if c.Has("scope") {
			return c.scopesIn("scope", to)
		}
		return c.scopesIn("scp", to)
	}
	for _, claim := range claims {
		to = c.scopesIn(claim, to)
	}
	return to
}

// scopesIn appends the scopes of one claim: the words of a string, or the elements of
// an array as they are. An element with a space in it is a name that somebody chose,
// such as "Friends of admin", and no scope.
func (c *Claims) scopesIn(claim string, to []string) []string {
	value := c.named(claim)
	if strictjson.Kind(value) == '"' {
		words, _ := strictjson.Unquote(value)
		for more := true; more; {
			var word string
			word, words, more = strings.Cut(words, " ") // RFC 6749 §3.3 knows no other space
			to = c.addScope(word, to)
		}
		return to
	}
	var room [16]string
	list, err := appendStrings(room[:0], value)
	if err != nil {
		return to
	}
	for _, scope := range list {
		if metadata.CheckScope(scope) == nil {
			to = c.addScope(scope, to)
		}
	}
	return to
}

// addScope appends a scope, without the first prefix that it has, if it is new.
func (c *Claims) addScope(scope string, to []string) []string {
	for _, prefix := range c.prefixes() {
		if short, ok := strings.CutPrefix(scope, prefix); ok {
			scope = short
			break
		}
	}
	if scope == "" || slices.Contains(to, scope) {
		return to
	}
	return append(to, scope)
}

// prefixes are those that the issuer's Names cut. Answers of providers come without.
func (c *Claims) prefixes() []string {
	if c.by == nil {
		return nil
	}
	return c.by.names.ScopePrefixes
}

// named returns the value of a claim that is there and not null: the one of that
// name or, where there is none, what the dots in the name lead to.
func (c *Claims) named(claim string) string {
	if value, ok := c.find(claim); ok && !strictjson.IsNull(value) {
		return value
	}
	if !strings.Contains(claim, ".") {
		return ""
	}
	if value := c.lookup(strings.Split(claim, ".")); !strictjson.IsNull(value) {
		return value
	}
	return ""
}

// first is the value of the first of claims that is there, and that claim; or "".
func (c *Claims) first(claims []string) (value, claim string) {
	for _, claim := range claims {
		if value := c.named(claim); value != "" {
			return value, claim
		}
	}
	return "", ""
}

// client reads the client. One that is no string is none: no later claim stands in
// for it.
func (c *Claims) client(claims []string) string {
	value, _ := c.first(claims)
	text, _ := strictjson.Unquote(value) // "" with an error
	return text
}

// integer is an id that somebody's database counts.
var integer = regexp.MustCompile(`^(?:0|-?[1-9][0-9]*)$`)

// user reads who it is. A value of another type, or an empty one, is an error: a
// subject in its place might be somebody else's name.
func (c *Claims) user(claims []string) (string, error) {
	value, claim := c.first(claims)
	if value == "" {
		return c.Subject, nil
	}
	if integer.MatchString(value) {
		return value, nil
	}
	text, err := strictjson.String(value)
	if err != nil || text == "" {
		return "", fmt.Errorf("%w: %s, which says who it is, is neither a string nor an integer", ErrClaim, claim)
	}
	return text, nil
}

// read fills in what the issuer's names find, and that it vouches. The client is there
// already.
func (is *issuer) read(c *Claims) error {
	c.by = is
	var err error
	if c.User, err = c.user(is.names.User); err != nil {
		return err
	}
	c.Scopes = c.appendScopes(c.room.words[roomWords/2:roomWords/2], is.names.Scopes)
	return nil
}
