package vectors

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	login = "https://login.example.com"   // the issuer
	here  = "https://mcp.example.com/mcp" // the audience
)

// noon is when every vector is judged.
var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// claims is a good claims set of somebody, in base64url. Its last character has unused
// bits, so that there is another text for it.
func claims(subject string) string {
	text := fmt.Sprintf(`{"iss":%q,"aud":%q,"sub":%q,"exp":%d}`, login, here, subject, noon.Add(time.Hour).Unix())
	for len(text)%3 != 1 {
		text += " "
	}
	return encode([]byte(text))
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// decode ignores what no base64url has, as a lenient reader would.
func decode(part string) []byte {
	b, _ := base64.RawURLEncoding.DecodeString(legal(part))
	return b
}

func illegal(r rune) bool {
	return !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", r)
}

func legal(part string) string {
	return strings.Map(func(r rune) rune {
		if illegal(r) {
			return -1
		}
		return r
	}, part)
}

// header is what the vector's header says, read as leniently as can be.
func header(part string) (alg, kid string, members map[string]any) {
	_ = json.Unmarshal(decode(part), &members)
	alg, _ = members["alg"].(string)
	kid, _ = members["kid"].(string)
	return alg, kid, members
}

// restate says the vector again about claims. It returns how the signature was made.
func (g *group) restate(v *vector) (token, how string) {
	parts := strings.Split(v.text, ".")
	if len(parts) != 3 || parts[0] == "" || parts[2] == "" || strings.HasPrefix(v.text, "{") {
		return g.reshape(v.text)
	}
	if g.base != nil && parts[2] == g.base[2] && (parts[0] != g.base[0] || parts[1] != g.base[1]) && !illegalIn(parts) {
		return g.alter(parts)
	}
	alg, kid, members := header(parts[0])
	key := g.key(kid)
	if _, embedded := members["jwk"]; embedded {
		return embed(members)
	}
	e := &edit{key: key, alg: alg, from: parts[0] + "." + parts[1], to: parts[0] + "." + mark(parts[1], claims("alice"))}
	sig, from := decode(parts[2]), e.from
	if clean := legal(parts[0]) + "." + canonical(parts[1]); from != clean && !e.signs(sig) {
		e.from, e.to = clean, legal(parts[0])+"."+claims("alice")
	}
	if g.base != nil {
		e.base = decode(g.base[2])
	}
	out, how := e.carry(g.filled(sig, parts[2], e))
	return parts[0] + "." + mark(parts[1], claims("alice")) + "." + mark(parts[2], encode(out)), how
}

func illegalIn(parts []string) bool { return strings.ContainsFunc(strings.Join(parts, ""), illegal) }

// canonical is the text that means what part means to a lenient reader.
func canonical(part string) string { return encode(decode(part)) }

// signs reports whether sig is the signature of e.from where that can be told: the
// vectors with texts that are no base64url have shared secrets.
func (e *edit) signs(sig []byte) bool {
	hash := hashOf(e.alg)
	return e.key.Kty != "oct" || hash != 0 && bytes.Equal(sig, mac(hash, e.key.K, e.from))
}

// filled is the right signature where illegal letters took the place of some of its own.
func (g *group) filled(sig []byte, text string, e *edit) []byte {
	hash := hashOf(e.alg)
	if e.key.Kty != "oct" || hash == 0 || !strings.ContainsFunc(text, illegal) {
		return sig
	}
	right := mac(hash, e.key.K, e.from)
	if rest := strings.TrimLeftFunc(text, illegal); len(rest) < len(encode(right)) && strings.HasSuffix(encode(right), rest) {
		return right
	}
	return sig
}

// mark writes into good what is illegal in part, at the same end of it: in place of as
// many letters if part is not longer for it, and else between them. A last letter with
// unused bits set gives good such a letter.
func mark(part, good string) string {
	i := strings.IndexFunc(part, illegal)
	switch {
	case i < 0 && part != "" && part != canonical(part):
		return good[:len(good)-1] + string(good[len(good)-1]+1)
	case i < 0:
		return good
	case i == 0:
		run := part[:len(part)-len(strings.TrimLeftFunc(part, illegal))]
		if len(part) == len(good) {
			return run + good[len(run):]
		}
		return run + good
	}
	run := strings.TrimRight(part[i:], legal(part[i:]))
	behind := len(part) - i - len(run)
	return good[:len(good)-behind] + run + good[len(good)-behind:]
}

// reshape keeps the form of a vector that is not three parts of something, and puts
// what is new in the place of each part of the group's good vector.
func (g *group) reshape(text string) (token, how string) {
	if g.base == nil {
		return text, "kept"
	}
	good := g.good(g.base[0], "alice")
	if strings.HasPrefix(text, "{") {
		text = strings.ReplaceAll(text, `"`+g.base[1]+`"`, `"`+good[1]+`"`)
		return strings.ReplaceAll(text, g.base[2], good[2]), "same form"
	}
	parts := strings.Split(text, ".")
	for i := range parts {
		switch parts[i] {
		case g.base[1]:
			parts[i] = good[1]
		case g.base[2]:
			parts[i] = good[2]
		}
	}
	// Without "kid" and with no signature the payload need not be the good one.
	if len(parts) == 3 && parts[1] != "" && parts[2] == "" {
		parts[1] = good[1]
	}
	return strings.Join(parts, "."), "same form"
}

// alter changes the header or the payload behind the back of a good signature.
func (g *group) alter(parts []string) (token, how string) {
	good := g.good(g.base[0], "alice")
	payload := good[1]
	switch parts[1] {
	case g.base[1]:
	case "":
		payload = ""
	default:
		payload = claims("mallory")
	}
	return parts[0] + "." + payload + "." + good[2], "signature of the good one"
}

// good is a token signed by the key of the group that the header names, or nil.
func (g *group) good(headerText, subject string) []string {
	alg, kid, _ := header(headerText)
	input := headerText + "." + claims(subject)
	return append(strings.Split(input, "."), encode(g.key(kid).sign(alg, input)))
}

// embed signs with a key of a stranger's making, which the header brings along.
func embed(members map[string]any) (token, how string) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	d, err := private.Bytes()
	if err != nil {
		panic(err)
	}
	point, err := private.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	stranger := &privateKey{Kty: "EC", Crv: "P-256", D: d}
	stranger.prepare()
	brought := maps.Clone(members["jwk"].(map[string]any))
	brought["x"], brought["y"] = encode(point[1:33]), encode(point[33:])
	members["jwk"] = brought
	text, err := json.Marshal(members)
	if err != nil {
		panic(err)
	}
	input := encode(text) + "." + claims("mallory")
	return input + "." + encode(stranger.sign("ES256", input)), "signed by the key brought along"
}

// key is the one that kid names, or the first.
func (g *group) key(kid string) *privateKey {
	i := max(0, slices.IndexFunc(g.keys, func(k *privateKey) bool { return k.Kid == kid }))
	return g.keys[i]
}
