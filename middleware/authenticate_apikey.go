package middleware

// authenticateAPIKey looks a key up.
func (g *Guard) authenticateAPIKey(c credential) (*Principal, error) {
	if g.apiKeys == nil {
		return nil, errAPIKeyDisabled
	}
	k, err := g.apiKeys.Match(c.value)
	if err != nil {
		return nil, err
	}
	return &Principal{Method: MethodAPIKey, Subject: k.Name, Scopes: k.Scopes, Expiry: k.Expires}, nil
}
