package main

import (
	"bytes"
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/guerdon-go/guerdon/examples/database"
	"github.com/guerdon-go/guerdon/store/sqlstore"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

// The second run finds every event recorded, prints the same page without what happened, and moves nothing.
func TestQuickstart_addsNothingTheSecondTime(t *testing.T) {
	for _, server := range servers.All() {
		t.Run(server.Name, func(t *testing.T) {
			dsn := dsnOf(t, server)
			first, second := printed(t, "-dsn", dsn), printed(t, "-dsn", dsn)
			head, rest, _ := strings.Cut(first, "\nWhat happened\n")
			_, tail, _ := strings.Cut(rest, "\n\n")
			if want := head + "nothing new: an earlier run recorded all of them\n\n" + tail; second != want {
				t.Errorf("printed:\n%s\nwant:\n%s", second, want)
			}
		})
	}
}

// Events appended to a file are the only ones that are new. Neither is the clock set back for good by playing it all again.
func TestQuickstart_playsOnlyWhatIsNew(t *testing.T) {
	dir := t.TempDir()
	kept, file := filepath.Join(dir, "kept.sqlite"), filepath.Join(dir, "events.jsonl")
	line := func(id, day string) string {
		return `{"id": "` + id + `", "user": "zoe", "task": "TS000061", "time": "2025-11-` + day + `T20:00:00+08:00"}` + "\n"
	}
	write(t, file, `{"id": "p", "user": "zoe", "task": "TS000012", "time": "2025-11-04T08:00:00+08:00"}`+"\n"+
		`{"id": "c", "user": "zoe", "task": "TS000013", "time": "2025-11-04T08:00:00+08:00"}`+"\n"+line("1", "04")+line("2", "05"))
	first := printed(t, "-events", file, "-dsn", kept)
	more, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, string(more)+line("3", "06")+line("3", "06"))
	second := printed(t, "-events", file, "-dsn", kept)
	if strings.Contains(first, "earned") || !strings.Contains(second, "\nnew: 1; an earlier run recorded the others\n") ||
		strings.Count(second, "earned  RS000910") != 1 || !strings.Contains(second, "0 came late, 1 twice") {
		t.Errorf("first:\n%s\nsecond:\n%s", first, second)
	}
}

// A database that holds another campaign is left as it is, whichever of the two is larger; an edited one may be played on.
func TestQuickstart_refusesTheDatabaseOfAnotherCampaign(t *testing.T) {
	dir := t.TempDir()
	kept, config := filepath.Join(dir, "kept.sqlite"), filepath.Join(dir, "mine.json")
	first := printed(t, "-dsn", kept)
	write(t, config, `{"tasks": [{"code": "a"}]}`)
	args := []string{"-config", config, "-events", "-", "-dsn", kept}
	event := func() *strings.Reader {
		return strings.NewReader(`{"id": "1", "user": "zoe", "task": "a", "time": "2025-11-04T20:00:00+08:00"}`)
	}
	var out, errs bytes.Buffer
	want := kept + " holds another campaign: " + config + " has no task TS000011; name another database with -dsn\n"
	if status := run(args, event(), &out, &errs); status != 1 || errs.String() != want || out.Len() > 0 {
		t.Errorf("status %d, complaints %q, want %q; printed:\n%s", status, &errs, want, &out)
	}
	if again := printed(t, "-dsn", kept); strings.SplitN(again, "\n", 2)[0] != strings.SplitN(first, "\n", 2)[0] {
		t.Errorf("the campaign that was there is another now:\n%s", again)
	}

	edited := bytes.Replace(campaignJSON, []byte(`"title": "人民币"`), []byte(`"title": "yuan"`), 1)
	write(t, config, string(edited))
	if again := printed(t, "-config", config, "-events", "events.jsonl", "-dsn", kept); !strings.Contains(again, "CNY yuan\n") {
		t.Errorf("the edited campaign printed:\n%s", again)
	}
}

// What cannot be reached is said with its name but not its password, and nothing is printed.
func TestQuickstart_saysWhichDatabaseCannotBeReached(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none", "kept.sqlite")
	for _, tt := range []struct{ name, dsn, want string }{
		{"no such folder", missing, missing + ": cannot be reached: "},
		{"no PostgreSQL", "postgres://ann:secret@127.0.0.1:1/test", "postgres://ann@127.0.0.1:1/test: cannot be reached: "},
		{"no MySQL", "mysql://ann:secret@127.0.0.1:1/test", "mysql://ann@127.0.0.1:1/test: cannot be reached: "},
		{"no MySQL, as its driver writes it", "ann:secret@tcp(127.0.0.1:1)/test", "mysql://ann@127.0.0.1:1/test: cannot be reached: "},
		{"another kind", "mongodb://ann:secret@127.0.0.1/test", "-dsn: " + database.ErrForm.Error() + "\n"},
		{"words", "host=127.0.0.1 password=secret dbname=test", "-dsn: " + database.ErrForm.Error() + "\n"},
		{"nothing", "", "-dsn: " + database.ErrForm.Error() + "\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			status := run([]string{"-dsn", tt.dsn}, nil, &out, &errs)
			if status != 1 || out.Len() > 0 || !strings.HasPrefix(errs.String(), tt.want) || strings.Contains(errs.String(), "secret") {
				t.Errorf("status %d, complaints:\n%swant:\n%s; printed %q", status, &errs, tt.want, &out)
			}
		})
	}
}

// Without -dsn a campaign has a file of its own in the working directory, and one that is only checked has none.
func TestQuickstart_keepsACampaignBesideWhereItRuns(t *testing.T) {
	dir := t.TempDir()
	events := filepath.Join(dir, "events.jsonl")
	write(t, events, `{"id": "1", "user": "zoe", "task": "a", "time": "2025-11-04T20:00:00+08:00"}`)
	config := filepath.Join(dir, "mine.json")
	write(t, config, `{"tasks": [{"code": "a"}]}`)
	t.Chdir(t.TempDir())
	printed(t, "-config", config)
	if made, err := filepath.Glob("*"); err != nil || len(made) > 0 {
		t.Errorf("checking alone made %q (%v)", made, err)
	}
	for _, tt := range []struct {
		want string
		args []string
	}{{"quickstart.sqlite", nil}, {"mine.sqlite", []string{"-config", config, "-events", events}}} {
		if out := printed(t, tt.args...); !strings.HasSuffix(out, "All of it is kept in "+tt.want+": the same events again add nothing.\n") {
			t.Errorf("%q printed:\n%s", tt.args, out)
		}
		if _, err := os.Stat(tt.want); err != nil {
			t.Error(err)
		}
	}
}

func printed(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if status := run(args, nil, &out, &errs); status != 0 || errs.Len() > 0 {
		t.Fatalf("%q: status %d, complaints:\n%s", args, status, &errs)
	}
	return out.String()
}

// dsnOf gives the -dsn of an empty database: a file, or a schema that is dropped at the end.
func dsnOf(t *testing.T, server servers.Server) string {
	t.Helper()
	if server.Name == servers.SQLite.Name {
		return filepath.Join(t.TempDir(), "kept.sqlite")
	}
	db := server.Pool(t)
	schema := server.Schema(t, db)
	if _, err := db.ExecContext(context.Background(), "CREATE SCHEMA "+schema); err != nil {
		t.Fatal(err)
	}
	if server.Dialect == sqlstore.MySQL {
		config, err := mysql.ParseDSN(server.DSN())
		if err != nil {
			t.Fatal(err)
		}
		config.DBName = schema
		return config.FormatDSN()
	}
	u, err := url.Parse(server.DSN())
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}
