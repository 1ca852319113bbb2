package jwks

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// placeholder stands for a tenant in Issuer.URL and Issuer.Aliases.
const placeholder = "{tenantid}"

// tenantName is what may stand in its place: nothing that ends a segment of a path,
// is an escape or is "..", so that the URL keeps its form.
var tenantName = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]*$`)

// An identity is one exact "iss" of an issuer.
type identity struct {
	*issuer
	iss    string
	tenant string // that iss is of; empty where the issuer has none

	// owners are what the "issuer" of a JWK may be, if it has one: each "iss" of the
	// issuer for this tenant, or with the placeholder.
	owners []string
}

// identities are all of them: URL and Aliases, for each tenant.
func (is *issuer) identities(from *Issuer, p *problems) []*identity {
	known := len(p.errs)
	checkTenants(from, p)
	checkNames(from, p)
	if len(p.errs) > known || from.URL == "" {
		return nil
	}
	templates := append([]string{from.URL}, from.Aliases...)
	if len(from.Tenants) == 0 {
		return is.ofTenant("", templates, templates)
	}
	var list []*identity
	for _, tenant := range from.Tenants {
		var names []string
		for _, template := range templates {
			names = append(names, strings.Replace(template, placeholder, tenant, 1))
		}
		list = append(list, is.ofTenant(tenant, names, slices.Concat(names, templates))...)
	}
	return list
}

func (is *issuer) ofTenant(tenant string, names, owners []string) []*identity {
	var list []*identity
	for _, iss := range names {
		list = append(list, &identity{issuer: is, iss: iss, tenant: tenant, owners: owners})
	}
	return list
}

func checkTenants(from *Issuer, p *problems) {
	switch {
	case len(from.Tenants) > 0 && from.TenantClaim == "":
		p.add("TenantClaim", "is empty; name the claim that holds the tenant, which the tenant of iss is compared with")
	case len(from.Tenants) == 0 && from.TenantClaim != "":
		p.add("TenantClaim", "is of no use without Tenants; list them, or remove it")
	}
	for i, tenant := range from.Tenants {
		switch {
		case !tenantName.MatchString(tenant):
			p.add("Tenants", "has the entry %q; write a tenant in letters, digits and . _ - alone, with no dot in front", tenant)
		case slices.Contains(from.Tenants[:i], tenant):
			p.add("Tenants", "has %q twice; keep one", tenant)
		}
	}
}

// checkNames makes sure that every name is of one tenant where there are tenants, and
// of none where there are not: tokens of a name without tenant would pass for all.
func checkNames(from *Issuer, p *problems) {
	unlisted := false
	for i, name := range append([]string{from.URL}, from.Aliases...) {
		field := "URL"
		if i > 0 {
			field = "Aliases"
		}
		n := strings.Count(name, placeholder)
		switch {
		case i > 0 && name == "":
			p.add(field, "has an empty entry; remove it")
		case n > 1:
			p.add(field, "has %s more than once; a tenant stands in one place", placeholder)
		case n == 0 && len(from.Tenants) > 0 && name != "":
			p.add(field, "has no %s in %q, and Tenants would mean nothing there; write where the tenant stands, or make it an issuer of its own", placeholder, name)
		}
		unlisted = unlisted || n > 0 && len(from.Tenants) == 0
	}
	if unlisted {
		p.add("Tenants", "is empty, and %s stands for one of them; list the tenants whose tokens to believe", placeholder)
	}
}

// checkTenant holds a token to the tenant that its issuer speaks for: one provider
// signs for all of them, and its word is two claims that must not contradict.
func (id *identity) checkTenant(c *Claims) error {
	if id.tenant != "" && c.Text(id.tenantClaim) != id.tenant {
		return fmt.Errorf("%w: %s is not the tenant of iss", ErrClaim, id.tenantClaim)
	}
	return nil
}
