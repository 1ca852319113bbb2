package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/mcp-rs/mcp-rs/middleware"
)

// The bounds of the notes: in memory for everyone together, and so small for one
// caller that nobody can use up what is there for all.
const (
	maxNoteLength = 1000 // characters
	maxNotes      = 100  // of one caller
	maxNotesTotal = 5000
)

var (
	errNoteEmpty  = errors.New("text is missing or blank: write what to remember")
	errNoteLong   = fmt.Errorf("text is longer than %d characters", maxNoteLength)
	errNotesFull  = fmt.Errorf("you have %d notes, which is as many as there can be: notes_clear removes them", maxNotes)
	errNotesTotal = errors.New("there is no room for more notes until somebody removes theirs with notes_clear")
	errNobody     = errors.New("notes are kept for each caller, and the credential of this call names none")
)

// notes keeps what callers want remembered, until the program ends. Everybody has
// notes of their own, and none of these tools shows or removes another's: that is
// what a person expects of notes, and what the scope "admin" is for is the loss,
// not the reach. The same person has the same notes with every client they use.
type notes struct {
	mu    sync.Mutex
	of    map[author][]note // guarded by mu
	total int               // guarded by mu: the notes of all
}

// An author is who notes belong to: an issuer's subject, or an API key.
type author struct {
	method          middleware.Method
	issuer, subject string
}

type note struct {
	Text  string    `json:"text"`
	Added time.Time `json:"added"`
}

type noteList struct {
	Notes []note `json:"notes"`
}

func newNotes() *notes {
	return &notes{of: make(map[author][]note)}
}

// authorOf refuses who cannot be told apart from others: a token without a
// subject, and callers nobody authenticated. With authentication disabled there
// is one user, and these notes are theirs.
func authorOf(ctx context.Context) (author, error) {
	p := middleware.PrincipalFrom(ctx)
	switch {
	case p == nil, p.Subject == "" && p.Method != middleware.MethodDisabled:
		return author{}, errNobody
	default:
		return author{p.Method, p.Issuer, p.Subject}, nil
	}
}

// list is the tool notes_list.
func (n *notes) list(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	who, err := authorOf(ctx)
	if err != nil {
		return mcp.NewToolResultError(err.Error()), nil
	}
	n.mu.Lock()
	list := append([]note{}, n.of[who]...)
	n.mu.Unlock()
	return mcp.NewToolResultJSON(noteList{list})
}

// add is the tool notes_add.
func (n *notes) add(ctx context.Context, req mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	who, err := authorOf(ctx)
	if err != nil {
		return mcp.NewToolResultError(err.Error()), nil
	}
	text, _ := req.GetArguments()["text"].(string)
	switch {
	case strings.TrimSpace(text) == "":
		return mcp.NewToolResultError(errNoteEmpty.Error()), nil
	case utf8.RuneCountInString(text) > maxNoteLength:
		return mcp.NewToolResultError(errNoteLong.Error()), nil
	}
	if err := n.keep(who, note{Text: text, Added: time.Now().UTC()}); err != nil {
		return mcp.NewToolResultError(err.Error()), nil
	}
	return mcp.NewToolResultText("Added."), nil
}

func (n *notes) keep(who author, new note) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case len(n.of[who]) >= maxNotes:
		return errNotesFull
	case n.total >= maxNotesTotal:
		return errNotesTotal
	}
	n.of[who] = append(n.of[who], new)
	n.total++
	return nil
}

// clear is the tool notes_clear.
func (n *notes) clear(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	who, err := authorOf(ctx)
	if err != nil {
		return mcp.NewToolResultError(err.Error()), nil
	}
	n.mu.Lock()
	removed := len(n.of[who])
	delete(n.of, who)
	n.total -= removed
	n.mu.Unlock()
	return mcp.NewToolResultText(fmt.Sprintf("Removed %d of your notes.", removed)), nil
}
