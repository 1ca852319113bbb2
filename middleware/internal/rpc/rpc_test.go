package rpc_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/mcp-rs/mcp-rs/jwks/strictjson"
	"github.com/mcp-rs/mcp-rs/middleware/internal/rpc"
)

func TestRead(t *testing.T) {
	for name, row := range map[string]struct{ body, want string }{
		"a call names its tool":                 {call(`"name":"greet","arguments":{"who":"me"}`), `tools/call|tool|greet|1|{"who":"me"}`},
		"a call may lack arguments":             {call(`"name":"greet"`), `tools/call|tool|greet|1|`},
		"null arguments are none":               {call(`"name":"greet","arguments":null`), `tools/call|tool|greet|1|`},
		"null _meta is none":                    {call(`"name":"greet","_meta":null`), `tools/call|tool|greet|1|`},
		"a task is made of a call":              {call(`"name":"greet","task":{"ttl":1000}`), `tools/call|tool|greet|1|`},
		"escaped names are the same names":      {`{"jsonrpc":"2.0","id":1,"meth\u006fd":"tools\/call","params":{"n\u0061me":"gr\u0065et"}}`, `tools/call|tool|greet|1|`},
		"names may be of any script":            {call(`"name":"\u65e5本"`), `tools/call|tool|日本|1|`},
		"space around is no matter":             {" \t\r\n{ \"jsonrpc\" : \"2.0\" ,\n\"id\" : 7 , \"method\" : \"ping\" } \r\n", `ping|-||7|`},
		"arguments may differ by case":          {call(`"name":"greet","arguments":{"path":1,"PATH":2,"ſ":{"Name":3,"NAME":4}}`), `tools/call|tool|greet|1|{"path":1,"PATH":2,"ſ":{"Name":3,"NAME":4}}`},
		"arguments may be called like members":  {call(`"name":"greet","arguments":{"METHOD":"x","Params":{}}`), `tools/call|tool|greet|1|{"METHOD":"x","Params":{}}`},
		"members we do not know may be there":   {`{"jsonrpc":"2.0","id":1,"method":"ping","x":1,"Y":2,"params":{"Z":3}}`, `ping|-||1|`},
		"a string is an id":                     {`{"jsonrpc":"2.0","id":"a\"b","method":"ping"}`, `ping|-||"a\"b"|`},
		"zero is an id":                         {`{"jsonrpc":"2.0","id":0,"method":"ping"}`, `ping|-||0|`},
		"a negative number is an id":            {`{"jsonrpc":"2.0","id":-9007199254740991,"method":"ping"}`, `ping|-||-9007199254740991|`},
		"the greatest safe number is an id":     {`{"jsonrpc":"2.0","id":9007199254740991,"method":"ping"}`, `ping|-||9007199254740991|`},
		"null params are none":                  {`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":null}`, `tools/list|-||1|`},
		"a notification has no id":              {`{"jsonrpc":"2.0","method":"notifications/initialized"}`, `notifications/initialized|-|||`},
		"a call without an id is named too":     {`{"jsonrpc":"2.0","method":"tools/call","params":{"name":"greet"}}`, `tools/call|tool|greet||`},
		"a prompt is named":                     {`{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"p","arguments":{"a":"b"}}}`, `prompts/get|prompt|p|1|{"a":"b"}`},
		"a resource to read is named":           {`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"file:///a","name":"b"}}`, `resources/read|resource|file:///a|1|`},
		"a resource to hear of is named":        {`{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"file:///a"}}`, `resources/subscribe|resource|file:///a|1|`},
		"a resource to hear no more of":         {`{"jsonrpc":"2.0","id":1,"method":"resources/unsubscribe","params":{"uri":"file:///a"}}`, `resources/unsubscribe|resource|file:///a|1|`},
		"a task to get is named":                {`{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{"taskId":"t"}}`, `tasks/get|task|t|1|`},
		"a task whose result is asked for":      {`{"jsonrpc":"2.0","id":1,"method":"tasks/result","params":{"taskId":"t"}}`, `tasks/result|task|t|1|`},
		"a task to cancel is named":             {`{"jsonrpc":"2.0","id":1,"method":"tasks/cancel","params":{"taskId":"t"}}`, `tasks/cancel|task|t|1|`},
		"a task to update is named":             {`{"jsonrpc":"2.0","id":1,"method":"tasks/update","params":{"taskId":"t","inputResponses":{}}}`, `tasks/update|task|t|1|`},
		"a prompt to complete is named":         {`{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"p"},"argument":{"name":"a","value":"b"}}}`, `completion/complete|prompt|p|1|`},
		"a resource to complete is named":       {`{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/resource","uri":"file:///{a}","name":"p"},"argument":{"name":"a","value":"b"}}}`, `completion/complete|resource|file:///{a}|1|`},
		"a method we do not know has no name":   {`{"jsonrpc":"2.0","id":1,"method":"x/y","params":{"name":"greet","uri":"a:b","arguments":[1]}}`, `x/y|-||1|`},
		"a method is compared as it is written": {`{"jsonrpc":"2.0","id":1,"method":"Tools/Call","params":{"name":"greet"}}`, `Tools/Call|-||1|`},
		"a result is a response":                {`{"jsonrpc":"2.0","id":3,"result":{"action":"accept"}}`, `|-||3||response`},
		"a null result is a response":           {`{"jsonrpc":"2.0","id":"a","result":null}`, `|-||"a"||response`},
		"an error is a response":                {`{"jsonrpc":"2.0","id":3,"error":{"code":-1,"message":"no"}}`, `|-||3||response`},
		"an error may lack the id":              {`{"jsonrpc":"2.0","error":{"code":-32700,"message":"no"}}`, `|-||||response`},
	} {
		t.Run(name, func(t *testing.T) { accepts(t, row.body, header(), row.want) })
	}
}

func TestReadListen(t *testing.T) {
	listen := func(filter string) string {
		return `{"jsonrpc":"2.0","id":"s","method":"subscriptions/listen","params":{` + meta + filter + `}}`
	}
	h := modern("subscriptions/listen", "")
	t.Run("each resource is an operation of its own", func(t *testing.T) {
		accepts(t, listen(`,"notifications":{"toolsListChanged":true,"resourceSubscriptions":["file:///a","file:///\u0062"]}`), h,
			`subscriptions/listen|-||"s"|`, `subscriptions/listen|resource|file:///a|"s"|`, `subscriptions/listen|resource|file:///b|"s"|`)
	})
	for name, filter := range map[string]string{
		"no filter names nothing":      ``,
		"a null filter names nothing":  `,"notifications":null`,
		"a filter without resources":   `,"notifications":{"promptsListChanged":true}`,
		"a filter with null resources": `,"notifications":{"resourceSubscriptions":null}`,
	} {
		t.Run(name, func(t *testing.T) { accepts(t, listen(filter), h, `subscriptions/listen|-||"s"|`) })
	}
	for name, filter := range map[string]string{
		"a filter that is no object":         `,"notifications":["file:///secret"]`,
		"resources that are no list":         `,"notifications":{"resourceSubscriptions":"file:///secret"}`,
		"a resource that is no string":       `,"notifications":{"resourceSubscriptions":[7]}`,
		"a resource without a name":          `,"notifications":{"resourceSubscriptions":[""]}`,
		"more resources than can be decided": `,"notifications":{"resourceSubscriptions":["a"` + strings.Repeat(`,"a"`, rpc.MaxOperations-1) + `]}`,
		"far more resources":                 `,"notifications":{"resourceSubscriptions":["a"` + strings.Repeat(`,"a"`, rpc.MaxOperations) + `]}`,
	} {
		t.Run(name, func(t *testing.T) { refuses(t, listen(filter), h, rpc.ErrMalformed) })
	}
	t.Run("resources by a variant of their name", func(t *testing.T) {
		refuses(t, listen(`,"notifications":{"resourcesubscriptions":["file:///secret"]}`), h, rpc.ErrAmbiguous)
	})
}

func TestReadRefusesWhatIsNoMessage(t *testing.T) {
	for name, body := range map[string]string{
		"nothing":                          "",
		"space only":                       " \n",
		"a string":                         `"tools/call"`,
		"null":                             "null",
		"a second message behind":          call(`"name":"greet"`) + call(`"name":"secret"`),
		"a second message on a line":       `{"jsonrpc":"2.0","id":1,"method":"ping"}` + "\n" + call(`"name":"secret"`),
		"a byte behind":                    `{"jsonrpc":"2.0","id":1,"method":"ping"}x`,
		"a NUL behind":                     `{"jsonrpc":"2.0","id":1,"method":"ping"}` + "\x00",
		"a NUL in a name":                  call("\"name\":\"greet\x00secret\""),
		"an escaped NUL in a name":         call(`"name":"greet\u0000secret"`),
		"a line end in a name":             call(`"name":"greet\nsecret"`),
		"a control character of Latin 1":   call(`"name":"greet\u0085"`),
		"an escaped NUL in a method":       `{"jsonrpc":"2.0","id":1,"method":"ping\u0000"}`,
		"a byte order mark":                "\ufeff" + call(`"name":"greet"`),
		"UTF-16":                           utf16(call(`"name":"greet"`)),
		"bytes that are not UTF-8":         call("\"name\":\"gr\xfcn\""),
		"an overlong encoding":             call("\"name\":\"\xc1\xa7reet\""),
		"half a surrogate pair":            call(`"name":"\ud800"`),
		"a comment":                        `{"jsonrpc":"2.0","id":1,/**/"method":"ping"}`,
		"single quotes":                    `{'jsonrpc':'2.0','id':1,'method':'ping'}`,
		"a comma too much":                 `{"jsonrpc":"2.0","id":1,"method":"ping",}`,
		"no end":                           `{"jsonrpc":"2.0","id":1,"method":"ping"`,
		"arguments without end":            `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet","arguments":` + strings.Repeat(`{"a":`, 100_000),
		"arguments too deep":               call(`"name":"greet","arguments":` + strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)),
		"arrays too deep":                  call(`"name":"greet","x":` + strings.Repeat(`[`, 40) + strings.Repeat("]", 40)),
		"no version":                       `{"id":1,"method":"ping"}`,
		"another version":                  `{"jsonrpc":"1.0","id":1,"method":"ping"}`,
		"a version that is a number":       `{"jsonrpc":2.0,"id":1,"method":"ping"}`,
		"a null version":                   `{"jsonrpc":null,"id":1,"method":"ping"}`,
		"neither method nor result":        `{"jsonrpc":"2.0","id":1}`,
		"a result and an error":            `{"jsonrpc":"2.0","id":1,"result":{},"error":{}}`,
		"a result without an id":           `{"jsonrpc":"2.0","result":{}}`,
		"a response with params":           `{"jsonrpc":"2.0","id":1,"result":{},"params":{"name":"secret"}}`,
		"a method that is null":            `{"jsonrpc":"2.0","id":1,"method":null}`,
		"a method that is empty":           `{"jsonrpc":"2.0","id":1,"method":""}`,
		"a method that is a list":          `{"jsonrpc":"2.0","id":1,"method":["tools/call"]}`,
		"params that are a list":           `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":["secret"]}`,
		"params that are a string":         `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":"secret"}`,
		"_meta that is a list":             call(`"name":"greet","_meta":[]`),
		"a revision that is no string":     call(`"name":"greet","_meta":{"io.modelcontextprotocol/protocolVersion":1}`),
		"a revision that is null":          call(`"name":"greet","_meta":{"io.modelcontextprotocol/protocolVersion":null}`),
		"a null id":                        `{"jsonrpc":"2.0","id":null,"method":"ping"}`,
		"an id that is an object":          `{"jsonrpc":"2.0","id":{},"method":"ping"}`,
		"an id that is true":               `{"jsonrpc":"2.0","id":true,"method":"ping"}`,
		"an id with a fraction":            `{"jsonrpc":"2.0","id":1.5,"method":"ping"}`,
		"an id with a point":               `{"jsonrpc":"2.0","id":1.0,"method":"ping"}`,
		"an id with an exponent":           `{"jsonrpc":"2.0","id":1e2,"method":"ping"}`,
		"an id of minus zero":              `{"jsonrpc":"2.0","id":-0,"method":"ping"}`,
		"an id too great to be exact":      `{"jsonrpc":"2.0","id":9007199254740992,"method":"ping"}`,
		"an id too small to be exact":      `{"jsonrpc":"2.0","id":-9223372036854775808,"method":"ping"}`,
		"an id beyond all bounds":          `{"jsonrpc":"2.0","id":1e400,"method":"ping"}`,
		"a call of nothing":                call(``),
		"a call without params":            `{"jsonrpc":"2.0","id":1,"method":"tools/call"}`,
		"a call with null params":          `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":null}`,
		"a tool that is a number":          call(`"name":5`),
		"a tool that is null":              call(`"name":null`),
		"a tool that is empty":             call(`"name":""`),
		"a tool named by uri":              call(`"uri":"secret"`),
		"a resource named by name":         `{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"name":"secret"}}`,
		"a prompt that is a list":          `{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":["secret"]}}`,
		"a task that is a number":          `{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{"taskId":1}}`,
		"arguments that are a list":        call(`"name":"greet","arguments":[]`),
		"arguments that are a string":      call(`"name":"greet","arguments":"{}"`),
		"a completion of nothing":          `{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{}}`,
		"a completion of another kind":     `{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/tool","name":"secret"}}}`,
		"a completion of a kind in vain":   `{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/resource","name":"secret"}}}`,
		"a completion of a list":           `{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":["secret"]}}`,
		"more members than a message has":  `{"jsonrpc":"2.0","id":1,"method":"ping"` + many(62) + `}`,
		"more members than params have":    call(`"name":"greet"` + many(64)),
		"more members than _meta has":      call(`"name":"greet","_meta":{"a":1` + many(64) + `}`),
		"a batch in a batch's place later": `{"jsonrpc":"2.0","id":1,"method":"ping"}[]`,
	} {
		t.Run(name, func(t *testing.T) { refuses(t, body, header(), rpc.ErrMalformed) })
	}
}

// What can't be read at all is a parse error, which JSON-RPC has a code of its own for.
func TestReadTellsSyntaxApart(t *testing.T) {
	if _, _, err := rpc.Read([]byte(`{"jsonrpc"`), header()); !errors.Is(err, strictjson.ErrSyntax) {
		t.Errorf("got %v", err)
	}
	if _, _, err := rpc.Read([]byte(`{"jsonrpc":"1.0"}`), header()); errors.Is(err, strictjson.ErrSyntax) {
		t.Errorf("got %v", err)
	}
}

func TestReadRefusesWhatReadersDifferIn(t *testing.T) {
	for name, body := range map[string]string{
		"two methods":                    `{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{"name":"secret"}}`,
		"two methods, one escaped":       `{"jsonrpc":"2.0","id":1,"method":"ping","m\u0065thod":"tools/call","params":{"name":"secret"}}`,
		"two equal methods":              `{"jsonrpc":"2.0","id":1,"method":"ping","method":"ping"}`,
		"METHOD beside method":           `{"jsonrpc":"2.0","id":1,"method":"ping","METHOD":"tools/call","params":{"name":"secret"}}`,
		"METHOD alone":                   `{"jsonrpc":"2.0","id":1,"METHOD":"tools/call","params":{"name":"secret"}}`,
		"Params beside params":           `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet"},"Params":{"name":"secret"}}`,
		"params with a long s":           `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet"},"paramſ":{"name":"secret"}}`,
		"params with an escaped long s":  `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet"},"param\u017f":{"name":"secret"}}`,
		"two params":                     `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"greet"},"params":{"name":"secret"}}`,
		"two ids":                        `{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}`,
		"ID beside id":                   `{"jsonrpc":"2.0","id":1,"ID":2,"method":"ping"}`,
		"ID alone":                       `{"jsonrpc":"2.0","ID":1,"method":"ping"}`,
		"JSONRPC beside jsonrpc":         `{"jsonrpc":"2.0","JSONRPC":"1.0","id":1,"method":"ping"}`,
		"a request that is a result":     `{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}`,
		"a request that is an error":     `{"jsonrpc":"2.0","id":1,"method":"ping","error":null}`,
		"Result beside a method":         `{"jsonrpc":"2.0","id":1,"method":"ping","Result":{}}`,
		"two names":                      call(`"name":"greet","name":"secret"`),
		"NaMe beside name":               call(`"name":"greet","NaMe":"secret"`),
		"NaMe alone":                     call(`"NaMe":"secret"`),
		"Arguments beside arguments":     call(`"name":"greet","arguments":{},"Arguments":{"secret":1}`),
		"argumentſ":                      call(`"name":"greet","arguments":{},"argumentſ":{"secret":1}`),
		"_META":                          call(`"name":"greet","_META":{}`),
		"taſk":                           call(`"name":"greet","taſk":{}`),
		"taskId with a Kelvin sign":      `{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{"taskId":"mine","tas` + "\u212a" + `Id":"secret"}}`,
		"taskid":                         `{"jsonrpc":"2.0","id":1,"method":"tasks/get","params":{"taskId":"mine","taskid":"secret"}}`,
		"URI beside uri":                 `{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"a:b","URI":"secret"}}`,
		"Ref beside ref":                 `{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"p"},"Ref":{"type":"ref/prompt","name":"secret"}}}`,
		"Type in ref":                    `{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","Type":"ref/resource","name":"p","uri":"secret"}}}`,
		"Name in ref":                    `{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"p","Name":"secret"}}}`,
		"two revisions":                  call(`"name":"greet","_meta":{"io.modelcontextprotocol/protocolVersion":"2025-11-25","io.modelcontextprotocol/protocolVersion":"2025-06-18"}`),
		"a variant of the revision":      call(`"name":"greet","_meta":{"io.modelcontextprotocol/ProtocolVersion":"2025-11-25"}`),
		"a variant of the token":         call(`"name":"greet","_meta":{"progresstoken":1}`),
		"unknown members, one a variant": `{"jsonrpc":"2.0","id":1,"method":"x/y","params":{"target":"a","Target":"b"}}`,
		"two equal arguments":            call(`"name":"greet","arguments":{"path":"/tmp","path":"/secret"}`),
		"two equal arguments, deeper":    call(`"name":"greet","arguments":{"a":[{"b":1,"\u0062":2}]}`),
		"two equal members anywhere":     `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"clientInfo":{"name":"a","name":"b"}}}`,
	} {
		t.Run(name, func(t *testing.T) { refuses(t, body, header(), rpc.ErrAmbiguous) })
	}
}

func TestReadBatch(t *testing.T) {
	ping := `{"jsonrpc":"2.0","id":1,"method":"ping"}`
	result := `{"jsonrpc":"2.0","id":1,"result":{}}`
	h := header("MCP-Protocol-Version: 2025-03-26")
	t.Run("each element is read", func(t *testing.T) {
		accepts(t, " ["+ping+" , "+call(`"name":"greet"`)+`,{"jsonrpc":"2.0","method":"notifications/initialized"}]`, h,
			"ping|-||1|", "tools/call|tool|greet|1|", "notifications/initialized|-|||")
	})
	t.Run("responses may come together", func(t *testing.T) {
		accepts(t, "["+result+","+result+"]", h, "|-||1||response", "|-||1||response")
	})
	t.Run("as many as can be decided", func(t *testing.T) {
		ops, batch, err := rpc.Read([]byte("["+ping+strings.Repeat(","+ping, rpc.MaxOperations-1)+"]"), h)
		if err != nil || !batch || len(ops) != rpc.MaxOperations {
			t.Errorf("%d operations, %v, %v", len(ops), batch, err)
		}
	})
	for name, row := range map[string]struct {
		body string
		h    []string
		want error
	}{
		"without a revision":          {"[" + ping + "]", nil, rpc.ErrBatch},
		"of a revision before":        {"[" + ping + "]", []string{"MCP-Protocol-Version: 2024-11-05"}, rpc.ErrBatch},
		"of the revision after":       {"[" + ping + "]", []string{"MCP-Protocol-Version: 2025-06-18"}, rpc.ErrBatch},
		"of the newest revision":      {"[" + ping + "]", []string{"MCP-Protocol-Version: 2026-07-28", "Mcp-Method: ping"}, rpc.ErrBatch},
		"of nothing":                  {"[]", []string{"MCP-Protocol-Version: 2025-03-26"}, rpc.ErrBatch},
		"of too many":                 {"[" + ping + strings.Repeat(","+ping, rpc.MaxOperations) + "]", []string{"MCP-Protocol-Version: 2025-03-26"}, rpc.ErrBatch},
		"with initialize":             {"[" + ping + `,{"jsonrpc":"2.0","id":2,"method":"initialize","params":{}}]`, []string{"MCP-Protocol-Version: 2025-03-26"}, rpc.ErrBatch},
		"of requests and responses":   {"[" + ping + "," + result + "]", []string{"MCP-Protocol-Version: 2025-03-26"}, rpc.ErrBatch},
		"with a method in front":      {"[" + ping + "]", []string{"MCP-Protocol-Version: 2025-03-26", "Mcp-Method: ping"}, rpc.ErrMismatch},
		"with a name in front":        {"[" + call(`"name":"greet"`) + "]", []string{"MCP-Protocol-Version: 2025-03-26", "Mcp-Name: greet"}, rpc.ErrMismatch},
		"with an element of later":    {"[" + call(`"name":"greet",`+meta) + "]", []string{"MCP-Protocol-Version: 2025-03-26"}, rpc.ErrMismatch},
		"of a number":                 {"[1]", []string{"MCP-Protocol-Version: 2025-03-26"}, rpc.ErrMalformed},
		"of a batch":                  {"[[" + ping + "]]", []string{"MCP-Protocol-Version: 2025-03-26"}, rpc.ErrMalformed},
		"with a message behind":       {"[" + ping + "]" + call(`"name":"secret"`), []string{"MCP-Protocol-Version: 2025-03-26"}, rpc.ErrMalformed},
		"with an ambiguous element":   {"[" + ping + "," + call(`"name":"greet","NaMe":"secret"`) + "]", []string{"MCP-Protocol-Version: 2025-03-26"}, rpc.ErrAmbiguous},
		"with a duplicate down below": {"[" + call(`"name":"greet","arguments":{"a":1,"a":2}`) + "]", []string{"MCP-Protocol-Version: 2025-03-26"}, rpc.ErrAmbiguous},
		"that never ends":             {strings.Repeat("[", 100_000), []string{"MCP-Protocol-Version: 2025-03-26"}, rpc.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) { refuses(t, row.body, header(row.h...), row.want) })
	}
}

// What is returned points into the body: nothing is copied that could be large.
func TestReadDoesNotCopy(t *testing.T) {
	body := []byte(call(`"name":"greet","arguments":{"who":"me"}`))
	ops, _, err := rpc.Read(body, header())
	if err != nil {
		t.Fatal(err)
	}
	for i := range body {
		body[i] = 'x'
	}
	if string(ops[0].ID) != "x" || string(ops[0].Arguments) != strings.Repeat("x", len(`{"who":"me"}`)) || ops[0].Name != "greet" {
		t.Errorf("got %s", line(ops[0]))
	}
}

// utf16 encodes ASCII in UTF-16, with a byte order mark.
func utf16(s string) string {
	return "\xff\xfe" + strings.Join(strings.Split(s, ""), "\x00") + "\x00"
}

// many is n members that no protocol knows.
func many(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(`,"x` + strconv.Itoa(i) + `":0`)
	}
	return b.String()
}
