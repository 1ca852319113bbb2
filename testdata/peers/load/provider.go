package main

import (
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"time"

	"github.com/mcp-rs/mcp-rs/jwks/jwkstest"
)

// resource is who the tokens are for. Nobody connects there.
const resource = "https://mcp.example.com/mcp"

// A provider is a fake one that keeps a history of who fetched its keys.
type provider struct {
	*jwkstest.Issuer
	keySet  string // its path
	server  *http.Server
	history history
}

func startProvider() (*provider, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &provider{}
	if p.Issuer, err = jwkstest.New("http://" + l.Addr().String()); err != nil {
		return nil, err
	}
	u, err := url.Parse(p.JWKSURL())
	if err != nil {
		return nil, err
	}
	p.keySet = u.Path
	p.SetAudience(resource)
	for _, kid := range p.KeyIDs() { // the rotation has its own
		p.RemoveKey(kid)
	}
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: patience}
	p.server.SetKeepAlivesEnabled(false) // a request that breaks on a used connection is sent twice
	go func() { _ = p.server.Serve(l) }()
	return p, nil
}

func (p *provider) close() {
	_ = p.server.Close()
	p.Close()
}

// ServeHTTP serves the documents of the issuer. What a key set holds is written down
// before any of it is sent.
func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != p.keySet {
		p.Issuer.ServeHTTP(w, r)
		return
	}
	n := p.history.begin(time.Now())
	answer := httptest.NewRecorder()
	p.Issuer.ServeHTTP(answer, r) // panics in an outage, which breaks the connection
	p.history.served(n, kidsOf(answer.Body.Bytes()))
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()) // who hangs up has failed, and logs that
}

// down begins an outage: every connection breaks. up ends it.
func (p *provider) down() { p.SetAnswer(jwkstest.Everything, jwkstest.Answer{Drop: true}) }
func (p *provider) up()   { p.SetAnswer(jwkstest.Everything, jwkstest.Answer{}) }

func kidsOf(body []byte) []string {
	var set struct {
		Keys []struct {
			Kid string `json:"kid"`
		} `json:"keys"`
	}
	if json.Unmarshal(body, &set) != nil {
		return nil
	}
	kids := []string{}
	for _, key := range set.Keys {
		kids = append(kids, key.Kid)
	}
	return kids
}
