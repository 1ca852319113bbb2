package rpc_test

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/mcp-rs/mcp-rs/middleware/internal/rpc"
)

func ExampleRead() {
	h := http.Header{"Content-Type": {"application/json"}, "Mcp-Method": {"tools/call"}}
	body := []byte(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"notes_add","arguments":{"text":"milk"}}}`)
	ops, _, err := rpc.Read(body, h)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, op := range ops {
		fmt.Printf("%s of %s with %s, to be answered as %s\n", op.Method, op.Name, op.Arguments, op.ID)
	}
	// Output: tools/call of notes_add with {"text":"milk"}, to be answered as 1
}

// What the headers say must not be believed: they are compared.
func ExampleRead_incorrect() {
	h := http.Header{"Content-Type": {"application/json"}, "Mcp-Method": {"tools/list"}}
	body := []byte(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"notes_clear"}}`)
	_, _, err := rpc.Read(body, h)
	fmt.Println(errors.Is(err, rpc.ErrMismatch), err)
	// Output: true the headers do not match the message: Mcp-Method
}
