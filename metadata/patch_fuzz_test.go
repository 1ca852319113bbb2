package metadata_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/metadata"
)

// Whatever a provider publishes, what we put our name on is whole, and holds nothing
// that the provider says under its own.
func FuzzPatch(f *testing.F) {
	f.Add([]byte(document+`}`), false)
	f.Add([]byte(document+`,"code_challenge_methods_supported":["S256"]}`), true)
	f.Add([]byte(document+`,"authorization_response_iss_parameter_supported":true,"signed_metadata":"x","id_token_x":1}`), false)
	for _, text := range []string{
		document + `,"issuer":"` + ours + `"}`, document + `,"Issuer":"` + ours + `"}`, document + `,"authorization_response_iss_parameter_supported":"true"}`,
		document + `,"Authorization_Response_Iss_Parameter_Supported":true}`, document + `,"registration_endpoint":"https://evil.example.net/"}`,
		document + `,"signed_metadat\u0061":"x"}`, document + `,"signed_jwks_uri":"https://login.example.com/jwks.jwt"}`, document + `,"token_endpoint_auth_methods_supported":"none"}`, document + `}{}`, document,
		document + `,"code_challenge_methods_supported":["plain","S256"],"code_challenge_methods_supported":["plain"]}`,
	} {
		f.Add([]byte(text), true)
		f.Add([]byte(text), false)
	}
	f.Fuzz(func(t *testing.T, body []byte, withRegistration bool) {
		p := &provider{}
		p.set(place, answer{body: string(body)})
		h, _ := patched(t, p, func(patch *metadata.Patch) {
			if withRegistration {
				patch.Registration = register
			}
		})
		resp := call(h, "GET", "/")
		if resp.StatusCode != http.StatusOK {
			return
		}
		var upstream, got map[string]json.RawMessage
		if err := errors.Join(json.Unmarshal(body, &upstream), json.Unmarshal([]byte(text(t, resp)), &got)); err != nil {
			t.Fatal(err)
		}
		if sends := string(upstream["authorization_response_iss_parameter_supported"]); sends != "" && sends != "false" && sends != "null" {
			t.Fatalf("%q is patched", body)
		}
		for name, raw := range got {
			if strings.HasPrefix(name, "id_token_") || strings.HasPrefix(name, "signed_") || strings.HasPrefix(name, "authorization_response_iss_") {
				t.Fatalf("%q gives %s: %s", body, name, raw)
			}
		}
		if string(got["issuer"]) != `"`+ours+`"` || string(got["code_challenge_methods_supported"]) != `["S256"]` ||
			withRegistration && string(got["registration_endpoint"]) != `"`+register+`"` ||
			withRegistration && !strings.Contains(string(got["token_endpoint_auth_methods_supported"]), `"none"`) {
			t.Fatalf("%q gives %s", body, got)
		}
	})
}
