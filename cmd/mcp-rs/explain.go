package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/mcp-rs/mcp-rs/middleware"
)

func (p program) explainCommand() *cobra.Command {
	var envFile, resource string
	var asKey bool
	c := &cobra.Command{
		Use:   "explain",
		Short: "Say why a token or API key is accepted or refused, as the MCP_* variables say",
		Long:  "explain reads a token from standard input and decides about it as the server would:\n\n  mcp-rs explain --env-file .env < token.txt\n\nThe token is not an argument, because arguments are seen by every user of a machine.",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			conf, err := p.load(envFile)
			if err != nil {
				return err
			}
			return p.explain(c.Context(), conf, resource, asKey)
		},
	}
	envFileFlag(c, &envFile)
	c.Flags().StringVar(&resource, "resource", "", "the `URL` of one of several resources; the first if it is left out")
	c.Flags().BoolVar(&asKey, "api-key", false, "standard input is an API key")
	return c
}

// maxCredential bounds what is read from standard input.
const maxCredential = 64 << 10

// noToken are the reasons to refuse what may well be an API key.
var noToken = []middleware.Reason{"opaque_token", "jwt_disabled", "api_key_disabled"}

// explain runs the very decision of the server, [middleware.Guard.Check].
func (p program) explain(ctx context.Context, conf *config, resource string, asKey bool) error {
	all, err := conf.guards()
	if err != nil {
		return usageError{err}
	}
	at := slices.IndexFunc(all, func(b built) bool { return resource == "" || b.url == resource })
	if at < 0 {
		var urls []string
		for _, b := range all {
			urls = append(urls, b.url)
		}
		return usageError{fmt.Errorf("%q is no resource of the configuration; write one of %s", resource, strings.Join(urls, ", "))}
	}
	guard, err := middleware.New(all[at].config)
	if err != nil {
		return usageError{err}
	}
	input, err := io.ReadAll(io.LimitReader(p.stdin, maxCredential))
	if err != nil {
		return err
	}
	credential := strings.TrimPrefix(string(bytes.TrimSpace(input)), "Bearer ")
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, all[at].url, http.NoBody) // which asks for no tool
	if err != nil {
		return err
	}
	switch {
	case credential == "":
		return usageError{fmt.Errorf("standard input is empty; give the token there")}
	case asKey:
		r.Header.Set("X-API-Key", credential)
	default:
		r.Header.Set("Authorization", "Bearer "+credential)
	}
	_ = guard.Ready(ctx) // a refusal quotes the token only where keys are at hand; Check says it if there are none
	principal, err := guard.Check(r)
	if err != nil {
		d := middleware.DenialOf(err)
		fmt.Fprintf(p.stdout, "refused: %s (HTTP %d)\n  why:  %v\n  what to do: %s\n", d.Reason, d.Status, d.Err, conf.hints()[d.Reason])
		if !asKey && conf.keysOn() && slices.Contains(noToken, d.Reason) && strings.Count(credential, ".") != 2 {
			fmt.Fprintln(p.stdout, "  if it is an API key: give it to mcp-rs explain --api-key")
		}
		return errSaid
	}
	return p.explainAccepted(principal)
}

func (p program) explainAccepted(principal *middleware.Principal) error {
	fmt.Fprintln(p.stdout, "accepted")
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "  %s\t%s\n", name, value)
		}
	}
	row("method", string(principal.Method))
	row("issuer", principal.Issuer)
	row("subject", principal.Subject)
	row("client", principal.Client)
	row("scopes", strings.Join(principal.Scopes, " "))
	if !principal.Expiry.IsZero() {
		row("expires", principal.Expiry.UTC().Format(time.RFC3339))
	}
	return w.Flush()
}
