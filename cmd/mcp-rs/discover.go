package main

import (
	"context"
	"fmt"

	"github.com/mcp-rs/mcp-rs/metadata"
)

// discover asks the provider for what --print-config shows of it: the endpoints
// that no variable gives. What cannot be had is said in its place.
func discover(ctx context.Context, conf *config) map[string]string {
	mirror := conf.mirror()
	if mirror == nil {
		return nil
	}
	server, err := new(metadata.Fetcher).Discover(ctx, mirror.Discovery, mirror.Issuer)
	if err != nil {
		return map[string]string{"provider": fmt.Sprintf("not reached: %v", err)}
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
