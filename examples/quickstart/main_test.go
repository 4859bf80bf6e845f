package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestQuickstart_printsWhatCameOfTenDays(t *testing.T) {
	kept := filepath.Join(t.TempDir(), "quickstart.sqlite")
	var out, errs bytes.Buffer
	if status := run([]string{"-dsn", kept}, nil, &out, &errs); status != 0 || errs.Len() > 0 {
		t.Fatalf("status %d, complaints:\n%s", status, &errs)
	}
	golden(t, "output.golden", bytes.ReplaceAll(out.Bytes(), []byte(kept), []byte("quickstart.sqlite")))
}

func TestQuickstart_printsTheSameEveryTime(t *testing.T) {
	printed := func() string {
		kept := filepath.Join(t.TempDir(), "quickstart.sqlite")
		var out bytes.Buffer
		if status := run([]string{"-dsn", kept}, nil, &out, os.Stderr); status != 0 {
			t.Fatalf("status %d", status)
		}
		return strings.ReplaceAll(out.String(), kept, "")
	}
	if once, twice := printed(), printed(); once != twice {
		t.Error("two runs differ")
	}
}

func TestQuickstart_complainsWithFileAndLine(t *testing.T) {
	for _, tt := range []struct{ name, config, events, want string }{
		{"syntax", "{\n  \"tasks\": [\n    {\"code\": \"a\"},,\n  ]\n}", "",
			"config.json:3:19: invalid character ',' looking for beginning of value\n"},
		{"text after the end", "{}\n{}", "",
			"config.json:2:1: invalid character '{' after top-level value\n"},
		{"an unknown list", "{\n  \"taskz\": []\n}", "",
			"config.json:2: taskz: is no known field\n"},
		{"unknown fields", "{\"tasks\": [\n  {\"code\": \"a\"},\n  {\"code\": \"b\",\n   \"colour\": 1}],\n \"rewards\": [\n  {\"code\": \"r\", \"rule\":\n   {\"count\": \"a\",\n    \"m\": 1}}]}", "",
			"config.json:4: tasks[1].colour: is no known field\nconfig.json:8: rewards[0].rule.m: is no known field\n"},
		{"faults of documents, all at once", "{\"assets\": [{\"code\": \"points\"}],\n\"tasks\": [{\"code\": \"a\",\n  \"group\": \"none\"}],\n\"rewards\": [{\"code\": \"r.x\", \"amount\": \"1 points\",\n  \"rule\": {\"any\": [\n    {\"count\": \"a\"},\n    {\"count\": \"nope\"}]}}]}", "",
			"config.json:3: task a: group: \"none\": no such group\nconfig.json:7: reward r.x: rule.any[1].count: \"nope\": no such task\n"},
		{"an unknown zone", "{\n  \"calendar\": {\n    \"zone\": \"Nowhere/At_All\"}}", "",
			"config.json:3: calendar.zone: \"Nowhere/At_All\": is not in this machine's zone database (importing time/tzdata embeds one)\n"},
		{"lines that cannot be read", "{\"tasks\": [{\"code\": \"a\"}]}", "{\"id\": \"1\"\n\n{\"id\": \"2\", \"usr\": \"u\"}\n{\"id\": \"3\"} {}\n",
			"events.jsonl:1: unexpected EOF\nevents.jsonl:3: json: unknown field \"usr\"\nevents.jsonl:4: must be one JSON object on a line\n"},
		{"events without any time", "{\"tasks\": [{\"code\": \"a\"}]}", "\n{\"id\": \"1\", \"user\": \"u\", \"task\": \"a\"}\n",
			"events.jsonl:2: time: must be given, as the clock follows the events\n"},
		{"events that are refused", "{\"tasks\": [{\"code\": \"a\"}]}",
			"{\"id\": \"1\", \"user\": \"u\", \"task\": \"a\", \"time\": \"2025-11-04T10:00:00Z\"}\n{\"id\": \"2\", \"user\": \"u\", \"task\": \"b\"}\n{\"id\": \"\", \"user\": \"u\", \"task\": \"a\", \"growth\": 2}\n",
			"events.jsonl:2: task \"b\": unknown task\nevents.jsonl:3: id: must not be empty\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			config, events := filepath.Join(dir, "config.json"), filepath.Join(dir, "events.jsonl")
			write(t, config, tt.config)
			write(t, events, tt.events)
			var out, errs bytes.Buffer
			status := run([]string{"-config", config, "-events", events, "-dsn", filepath.Join(dir, "kept.sqlite")}, nil, &out, &errs)
			if got := strings.ReplaceAll(errs.String(), dir+string(filepath.Separator), ""); status != 1 || got != tt.want || out.Len() > 0 {
				t.Errorf("status %d, printed %q, complaints:\n%s\nwant:\n%s", status, &out, got, tt.want)
			}
		})
	}
}

func TestQuickstart_readsStandardInput(t *testing.T) {
	var out, errs bytes.Buffer
	in := strings.NewReader(`{"id": "1", "user": "zoe", "task": "TS000061", "time": "2025-11-04T20:00:00+08:00"}`)
	if status := run([]string{"-events", "-", "-dsn", filepath.Join(t.TempDir(), "kept.sqlite")}, in, &out, &errs); status != 0 {
		t.Fatalf("status %d: %s", status, &errs)
	}
	for _, want := range []string{"What zoe lacks for RS000910", "1 of 3", "zoe: nothing yet", "The books are even: 0 transfers"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, &out)
		}
	}
}

func TestQuickstart_checksACampaignWithoutEvents(t *testing.T) {
	var out, errs bytes.Buffer
	status := run([]string{"-config", "-"}, strings.NewReader(`{"tasks": [{"code": "a"}]}`), &out, &errs)
	if want := "1 tasks in 0 groups, 0 rewards; days begin in UTC\nno events\n"; status != 0 || out.String() != want {
		t.Errorf("status %d, complaints %q, printed:\n%s", status, &errs, &out)
	}
}

func TestQuickstart_refusesFlagsItCannotServe(t *testing.T) {
	for _, args := range [][]string{{"-nope"}, {"campaign.json"}, {"-config", "-", "-events", "-"}} {
		var out, errs bytes.Buffer
		if status := run(args, strings.NewReader(""), &out, &errs); status != 2 || errs.Len() == 0 {
			t.Errorf("%q: status %d, said %q", args, status, &errs)
		}
	}
	var errs bytes.Buffer
	if status := run([]string{"-config", filepath.Join(t.TempDir(), "none.json")}, nil, &errs, &errs); status != 1 {
		t.Errorf("a file that is not there: status %d, said %q", status, &errs)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("differs from %s; look at it and run go test -update\n%s", path, got)
	}
}
