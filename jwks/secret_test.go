package jwks_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks"
)

// canary is a secret that can be told from everything else, however it is written.
const canary = "canary-QZ7-canary-QZ7-canary-QZ7-canary-QZ7-canary-QZ7-canary-QZ7"

// shapes are all the ways in which the beginning of the canary would show.
func shapes() []string {
	start := []byte(canary)[:8]
	shapes := []string{
		canary[:8], hex.EncodeToString(start), strings.ToUpper(hex.EncodeToString(start)),
		base64.StdEncoding.EncodeToString([]byte(canary))[:10],
	}
	for _, verb := range []string{"%d", "%o", "%b", "%c", "%U", "% x", "% X", "%q", "%#x", "%#v", "%t", "%e", "%-8v"} {
		list := make([]string, len(start))
		for i, b := range start {
			list[i] = fmt.Sprintf(verb, b)
		}
		shapes = append(shapes, strings.Join(list, " "), strings.Join(list, ","), strings.Join(list, ", "))
	}
	return shapes
}

func shows(text string) bool {
	return slices.ContainsFunc(shapes(), func(shape string) bool { return strings.Contains(text, shape) })
}

var verbs = []string{"v", "+v", "#v", "s", "q", "x", "X", "# x", "d", "o", "b", "c", "U", "t", "e", "w", "p", "T", "30.20s", "-8v"}

// What the test below looks for is what it would see if a Secret were a plain field.
func TestShapesAreWhatFmtPrints(t *testing.T) {
	plain := struct{ b []byte }{[]byte(canary)}
	for _, verb := range verbs {
		if text := fmt.Sprintf("%"+verb, plain); !shows(text) && verb != "T" {
			t.Errorf("%%%s prints %q, in which nothing is found", verb, text)
		}
	}
}

type enclosing struct {
	secret    *jwks.Secret
	copied    jwks.Secret
	issuer    jwks.Issuer
	config    *jwks.Config
	any       any
	list      []*jwks.Secret
	byName    map[string]jwks.Issuer
	Visible   *jwks.Secret
	Interface any
}

// Everything that has the secret in it prints without it, with every verb and in
// every log, also where fmt cannot call methods.
func TestSecretIsNeverPrinted(t *testing.T) {
	secret := jwks.NewSecret([]byte(canary))
	is := jwks.Issuer{URL: login, Audiences: []string{here}, Algorithms: []string{"HS256"}, Secret: secret}
	c := jwks.Config{Issuers: []jwks.Issuer{is}}
	v, err := jwks.New(c)
	if err != nil {
		t.Fatal(err)
	}
	copied := *secret
	nested := enclosing{secret, copied, is, &c, secret, []*jwks.Secret{secret}, map[string]jwks.Issuer{"a": is}, secret, copied}
	values := map[string]any{
		"Secret": secret, "Secret by value": copied, "pointer to it": &secret, "slice": []*jwks.Secret{secret}, "slice by value": []jwks.Secret{copied},
		"map": map[string]*jwks.Secret{"a": secret}, "Issuer": is, "*Issuer": &is, "[]Issuer": []jwks.Issuer{is}, "Config": c, "*Config": &c,
		"Verifier": v, "Verifier by value": reflect.ValueOf(v).Elem().Interface(), "struct": nested, "*struct": &nested,
		"Claims": judge(t, believe(t, is, nil), compact(t, "HS256", []byte(canary), `{"alg":"HS256"}`, goodClaims()), nil),
	}
	for name, value := range values {
		for _, verb := range verbs {
			hold(t, name+" with %"+verb, fmt.Sprintf("%"+verb, value))
		}
		hold(t, name+" in Sprint", fmt.Sprint(value, "x", value))
		hold(t, name+" in an error", fmt.Errorf("failed: %w: %v", err, value).Error())
		for format, text := range encodings(value) {
			hold(t, name+" as "+format, text)
		}
		for format, text := range logged(name, value) {
			hold(t, name+" in the "+format+" log", text)
		}
	}
	for _, part := range []string{fmt.Sprint(secret), string(made(json.Marshal(secret))), fmt.Sprintf("%+v", is)} {
		if !strings.Contains(part, "[secret]") {
			t.Errorf("%q has no mask, so that nobody sees that there is a secret", part)
		}
	}
}

func hold(t *testing.T, where, text string) {
	t.Helper()
	if shows(text) {
		t.Errorf("%s: the secret shows", where)
	}
}

func encodings(value any) map[string]string {
	out := map[string]string{}
	if text, err := json.Marshal(value); err != nil {
		out["JSON error"] = err.Error()
	} else {
		out["JSON"] = string(text)
	}
	if text, err := xml.Marshal(value); err != nil {
		out["XML error"] = err.Error()
	} else {
		out["XML"] = string(text)
	}
	return out
}

func logged(name string, value any) map[string]string {
	var text, object bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&text, nil), slog.NewJSONHandler(&object, nil)} {
		log := slog.New(h)
		log.Info("a", name, value)
		log.With("with", value).Info("b", slog.Group("group", "in", value), slog.Any("any", []any{value}))
	}
	return map[string]string{"text": text.String(), "JSON": object.String()}
}

// The mask can be told from an empty secret by nothing but Len.
func TestSecretLen(t *testing.T) {
	for _, n := range []int{0, 1, 64} {
		if got := jwks.NewSecret(make([]byte, n)).Len(); got != n {
			t.Errorf("Len = %d, want %d", got, n)
		}
	}
	if n := new(jwks.Secret).Len(); n != 0 {
		t.Errorf("zero value: Len = %d", n)
	}
}

// No error of New or Verify has the secret in it.
func TestSecretIsInNoError(t *testing.T) {
	is := jwks.Issuer{Secret: jwks.NewSecret([]byte(canary)[:30]), Algorithms: []string{"HS256", "RS256"}, JWKSURL: "http://x", PublicKeys: []byte(canary)}
	_, err := jwks.New(jwks.Config{Issuers: []jwks.Issuer{is, {Secret: is.Secret, Algorithms: []string{"HS512"}}, {Secret: is.Secret}, {PublicKeys: []byte(canary)}}})
	if err == nil {
		t.Fatal("accepted")
	}
	hold(t, "New", fmt.Sprintf("%v %+v %#v", err, err, err))
}
