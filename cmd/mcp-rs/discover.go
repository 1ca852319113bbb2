package main

import (
	"context"

	"github.com/mcp-rs/mcp-rs/metadata"
)

// notReached is the name under which discover says why there is nothing.
const notReached = "not reached"

// discover asks the provider for what --print-config shows of it: the endpoints
// that no variable gives. What cannot be had is said in its place.
func discover(ctx context.Context, conf *config) map[string]string {
	trust := conf.published().trust
	if trust == nil {
		return nil
	}
	mirror := trust.document
	server, err := new(metadata.Fetcher).Discover(ctx, mirror.Discovery, mirror.Issuer)
	if err != nil {
		return map[string]string{notReached: err.Error()}
	}
	found := map[string]string{}
	for name, value := range map[string]string{
		"issuer":                 server.Issuer,
		"authorization_endpoint": server.AuthorizationEndpoint,
		"token_endpoint":         server.TokenEndpoint,
		"registration_endpoint":  server.RegistrationEndpoint,
		"jwks_uri":               server.JWKSURI,
	} {
		if value != "" {
			found[name] = value
		}
	}
	return found
}
