package metadata

import (
	"errors"
	"fmt"
	"strings"
)

// The well-known paths.
const (
	ResourcePrefix = "/.well-known/oauth-protected-resource"   // RFC 9728 §3
	ServerPrefix   = "/.well-known/oauth-authorization-server" // RFC 8414 §3
	OpenIDSuffix   = "/.well-known/openid-configuration"       // OpenID Connect Discovery §4
)

// ResourceURL is where the metadata document of resource stands, RFC 9728 §3: the
// prefix is inserted “between the host component and the path and/or query
// components”. What resource holds is kept byte for byte; only “any terminating slash
// (/) following the host component MUST be removed” (§3.1).
func ResourceURL(resource string) (string, error) {
	p, err := splitResource(resource)
	if err != nil {
		return "", fmt.Errorf("the resource URL %w", err)
	}
	return p.scheme + "://" + p.authority + ResourcePrefix + p.path + p.query, nil
}

// ResourcePath is the path of [ResourceURL]: what a server has to answer at. A
// query is not part of it.
func ResourcePath(resource string) (string, error) {
	p, err := splitResource(resource)
	if err != nil {
		return "", fmt.Errorf("the resource URL %w", err)
	}
	return ResourcePrefix + p.path, nil
}

// ResourcePattern is [ResourcePath] as a pattern of http.ServeMux that matches
// this path alone: to a ServeMux, a final slash means everything below as well.
// It names no method, because preflight requests need OPTIONS.
func ResourcePattern(resource string) (string, error) {
	path, err := ResourcePath(resource)
	if strings.HasSuffix(path, "/") {
		path += "{$}"
	}
	return path, err
}

// ServerURLs is where to look for the metadata of issuer, in this order: RFC 8414
// §3.1 (inserted before the path), OpenID Connect the same way (RFC 8414 §5), and
// OpenID Connect Discovery §4.1 (appended). Without a path the last two are one.
//
// An issuer that already names a document below /.well-known/ is its own only
// place, query included: some providers keep documents where no rule leads.
func ServerURLs(issuer string) ([]string, error) {
	if isTemplate(issuer) {
		return nil, errors.New("the URL where discovery starts is a template for many issuers; write where their one document is")
	}
	p, err := split(issuer)
	if err != nil {
		return nil, fmt.Errorf("the URL where discovery starts %w", err)
	}
	if strings.Contains(p.path, "/.well-known/") {
		return []string{issuer}, nil
	}
	if p.query != "" {
		return nil, errors.New("the URL where discovery starts has a query; write an issuer, which has none (RFC 8414 §2), or the whole address of its document")
	}
	origin := p.scheme + "://" + p.authority
	path := strings.TrimSuffix(p.path, "/")
	urls := []string{origin + ServerPrefix + path, origin + OpenIDSuffix + path}
	if path != "" {
		urls = append(urls, origin+path+OpenIDSuffix)
	}
	return urls, nil
}

// splitResource is split for a resource, with the slash after the host gone.
func splitResource(resource string) (parts, error) {
	p, err := split(resource)
	if err != nil {
		return parts{}, err
	}
	if err := checkPath(p.path); err != nil {
		return parts{}, err
	}
	if p.path == "/" {
		p.path = ""
	}
	return p, nil
}

// checkPath refuses the paths that clients, proxies and http.ServeMux rewrite: such
// a resource would never be equal to the URL that reaches us.
func checkPath(path string) error {
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, s := range segments {
		switch strings.ReplaceAll(strings.ToLower(s), "%2e", ".") {
		case ".", "..":
			return errors.New(`has a "." or ".." segment in its path; write the path without it`)
		case "":
			if i < len(segments)-1 {
				return errors.New("has an empty segment (//) in its path; write a single slash")
			}
		}
	}
	return nil
}
