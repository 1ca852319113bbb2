package middleware

import (
	"net/http"
	"time"
)

// Refuse answers with an error that no request can cause.
func (g *Guard) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	g.refuse(w, r, time.Time{}, nil, err)
}
