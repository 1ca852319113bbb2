package rpc_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"

	"github.com/mcp-rs/mcp-rs/middleware/internal/rpc"
)

// Every member that mcp-go looks for in what a client sends is refused under a name
// that differs by case only, so that its list and ours can't drift apart.
func TestNoVariantOfAnyNameThatMCPGoKnows(t *testing.T) {
	seen := 0
	for _, params := range []any{
		mcp.InitializeParams{}, mcp.DiscoverParams{}, mcp.PaginatedParams{}, mcp.SetLevelParams{}, mcp.CompleteParams{},
		mcp.CallToolParams{}, mcp.GetPromptParams{}, mcp.ReadResourceParams{}, mcp.SubscribeParams{}, mcp.UnsubscribeParams{},
		mcp.GetTaskParams{}, mcp.TaskResultParams{}, mcp.CancelTaskParams{}, mcp.SubscriptionsListenParams{},
		mcp.CancelledNotificationParams{}, mcp.ProgressNotificationParams{}, mcp.TaskStatusNotificationParams{},
		mcp.RequestParams{}, mcp.MultiRoundTripParams{},
	} {
		for _, name := range membersOf(reflect.TypeOf(params)) {
			seen++
			refuses(t, `{"jsonrpc":"2.0","id":1,"method":"x/y","params":{`+variant(name)+`:{}}}`, header(), rpc.ErrAmbiguous)
		}
	}
	for _, name := range []string{
		mcp.MetaKeyProtocolVersion, mcp.MetaKeyClientInfo, mcp.MetaKeyClientCapabilities, mcp.MetaKeyServerInfo,
		mcp.MetaKeyLogLevel, mcp.MetaKeySubscriptionID, "progressToken",
	} {
		refuses(t, `{"jsonrpc":"2.0","id":1,"method":"x/y","params":{"_meta":{`+variant(name)+`:{}}}}`, header(), rpc.ErrAmbiguous)
	}
	for _, name := range append(membersOf(reflect.TypeFor[mcp.PromptReference]()), membersOf(reflect.TypeFor[mcp.ResourceReference]())...) {
		refuses(t, `{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{`+variant(name)+`:{}}}}`, header(), rpc.ErrAmbiguous)
	}
	for _, name := range membersOf(reflect.TypeFor[mcp.SubscriptionFilter]()) {
		refuses(t, `{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{`+variant(name)+`:{}}}}`, header(), rpc.ErrAmbiguous)
	}
	if seen < 40 {
		t.Errorf("only %d names were found", seen)
	}
}

// variant writes a name in another case, as JSON.
func variant(name string) string {
	text, _ := json.Marshal(strings.ToUpper(name))
	return string(text)
}

// membersOf returns the names under which encoding/json looks for the fields.
func membersOf(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		field := t.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case field.Anonymous && name == "":
			names = append(names, membersOf(field.Type)...)
		case name != "-":
			names = append(names, name)
		}
	}
	return names
}
