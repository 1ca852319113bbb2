package report

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// A Machine is where and of what the numbers are.
type Machine struct {
	CPU        string `json:"cpu"`
	Platform   string `json:"platform"`
	GOMAXPROCS int    `json:"gomaxprocs"`
	Go         string `json:"go"`
	Commit     string `json:"commit"`
	Date       string `json:"date"`
	Quick      bool   `json:"quick"` // too few rounds for a number to be quoted
}

// ThisMachine asks the machine.
func ThisMachine(ctx context.Context, quick bool) Machine {
	return Machine{
		CPU: cpuModel(), Platform: runtime.GOOS + "/" + runtime.GOARCH, GOMAXPROCS: runtime.GOMAXPROCS(0),
		Go: strings.TrimPrefix(runtime.Version(), "go"), Commit: commit(ctx), Date: time.Now().UTC().Format(time.DateOnly), Quick: quick,
	}
}

func (m Machine) String() string {
	text := fmt.Sprintf("%s, GOMAXPROCS=%d, Go %s %s, commit %s, %s", m.CPU, m.GOMAXPROCS, m.Go, m.Platform, m.Commit, m.Date)
	if m.Quick {
		text += "\n\n**A quick run: it shows that everything works, and its numbers are rough.**"
	}
	return text
}

// cpuModel is known on Linux only.
func cpuModel() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for l := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(l, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown CPU"
}

// commit is that of the working tree: programs run by "go run" do not know theirs. Only
// what is compiled counts as a change; the report may be about to overwrite its own file.
func commit(ctx context.Context) string {
	head, err := exec.CommandContext(ctx, "git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	name := strings.TrimSpace(string(head))
	if err := exec.CommandContext(ctx, "git", "diff", "--quiet", "HEAD", "--", ":/*.go", ":/*go.mod", ":/*go.sum").Run(); err != nil {
		name += " with changes"
	}
	return name
}
