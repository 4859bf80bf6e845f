package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// TestMain runs the program itself where a test starts it.
func TestMain(m *testing.M) {
	if args := os.Getenv("EMBED_ARGS"); args != "" {
		os.Args = append(os.Args[:1], strings.Split(args, "\n")...)
		main()
		return
	}
	os.Exit(m.Run())
}

// Whoever ends a program on a server does it with SIGTERM.
func TestMain_endsWellBySignal(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		t.Run(signal.String(), func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			args := []string{"-addr", "127.0.0.1:0", "-dsn", filepath.Join(t.TempDir(), "shop.sqlite")}
			cmd.Env = append(os.Environ(), "EMBED_ARGS="+strings.Join(args, "\n"))
			out, err := cmd.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(out)
			address := ""
			for address == "" && lines.Scan() {
				_, address, _ = strings.Cut(lines.Text(), "address=")
			}
			answer, err := http.Get(address + "/reviews")
			if err != nil {
				t.Fatal(err)
			}
			_ = answer.Body.Close()
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			rest, _ := io.ReadAll(out)
			if err := cmd.Wait(); err != nil || answer.StatusCode != http.StatusOK {
				t.Errorf("answered %d, ended with %v: %s", answer.StatusCode, err, rest)
			}
		})
	}
}

// The commands of the README, sent in their order, are answered as it says.
func TestReadme_itsCommandsWork(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	f := bare(t, servers.SQLite, options{})
	sent := 0
	for line := range strings.Lines(string(readme)) {
		words, found := strings.CutPrefix(strings.TrimSpace(line), "curl ")
		if !found {
			continue
		}
		sent++
		r, status := command(t, words)
		w := httptest.NewRecorder()
		f.handler().ServeHTTP(w, r)
		if w.Code != status {
			t.Errorf("%s\nanswered %d, want %d: %s", line, w.Code, status, w.Body)
		}
		if r.URL.Path == "/reviews" {
			var list []reward.Record
			if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || len(list) != 1 {
				t.Errorf("waiting: %s (%v)", w.Body, err)
			}
		}
	}
	points := regexp.MustCompile(`(\d+) points`).FindStringSubmatch(string(readme))
	if sent != 10 || points == nil || strconv.FormatInt(f.points("mei"), 10) != points[1] {
		t.Errorf("%d commands were sent, and then mei has %d points; want 10 and %q", sent, f.points("mei"), points)
	}
}

// command makes the request that curl would, and the status that the comment behind it begins with, 200 if it does not.
func command(t *testing.T, line string) (*http.Request, int) {
	t.Helper()
	method, body, target, status := "GET", "", "", 200
	header := http.Header{}
	words := regexp.MustCompile(`'[^']*'|#.*|\S+`).FindAllString(line, -1)
	for i := 0; i < len(words); i++ {
		word := words[i]
		switch {
		case strings.HasPrefix(word, "#"):
			if said := regexp.MustCompile(`^# (\d{3})\b`).FindStringSubmatch(word); said != nil {
				status, _ = strconv.Atoi(said[1])
			}
		case strings.HasPrefix(word, "-") && i+1 < len(words):
			i++
			value := strings.Trim(words[i], "'")
			switch word {
			case "-X":
				method = value
			case "-d":
				body = value
			case "-H":
				name, text, _ := strings.Cut(value, ": ")
				header.Set(name, text)
			default:
				t.Fatalf("%s: what is %s?", line, word)
			}
		default:
			target = word
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), method, "http://"+target, strings.NewReader(body))
	r.Header = header
	return r, status
}
