package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// The official client of version 2 steps up by itself: it hears which scope is
// missing, asks the user for it beside those that it has, and sends the call again.
// Version 1 renews the token that it has, which adds no scope, and gives up.
func TestTypeScriptStepsUp(t *testing.T) {
	loneClients(t, func(t *testing.T, k sdk, d *deployment, path string) {
		r := k.run(t, d, script{URL: strings.TrimSuffix(d.mcp, endpointPath) + path, Login: "browser", StepUp: "notes_clear"})
		if k.major == 1 {
			if r.Failure == nil || r.Failure.Status != http.StatusForbidden || r.SteppedUp != "" {
				t.Errorf("version 1 has learned to step up: %+v %q", r.Failure, r.SteppedUp)
			}
			return
		}
		r.check(t, r.Whoami.identity, "read write", allTools)
		if r.SteppedUp != "Removed 0 of your notes." || r.SessionAgain != r.Session {
			t.Errorf("notes_clear says %q, in session %q after %q", r.SteppedUp, r.SessionAgain, r.Session)
		}
		sent := d.issuer.sent("/authorize")
		scopes := strings.Fields(sent[len(sent)-1].Get("scope"))
		slices.Sort(scopes)
		if got := strings.Join(scopes, " "); len(sent) != 2 || got != "admin read write" {
			t.Errorf("the provider's page was asked for %v", sent)
		}
		if !slices.Contains(r.Trace, "POST server"+path+" 403") {
			t.Errorf("no 403, and then a login:\n%s", strings.Join(r.Trace, "\n"))
		}
	}, endpointPath, endpointPath+aliasSuffix)
}
