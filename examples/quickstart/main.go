// Quickstart plays ten days of a campaign and prints what came of it: rewards as they fall, what was blocked and until when,
// what somebody still lacks, balances, a statement, and whether the books are even.
//
//	go run ./examples/quickstart                                    # the campaign and the events beside this file
//	go run ./examples/quickstart                                    # again: nothing is new, and nothing is added
//	go run ./examples/quickstart -config mine.json -events mine.jsonl
//	go run ./examples/quickstart -dsn postgres://postgres@127.0.0.1:5432/test
//
// The config is what [engine.Engine.PutJSON] reads, the events are JSON objects of [task.Event], one on a line. A dash is
// standard input. A config alone is checked, and nothing is played or kept. Faults are printed with file and line. The exit
// status is then 1; it is 2 for wrong flags.
//
// What was recorded is kept: in quickstart.sqlite in the working directory, in mine.sqlite for a campaign mine.json, or in the
// database that -dsn names, in tables whose names begin with quickstart_. Events that are there already are passed over, so
// you may append events and run it again. A faulty event stops no other: mend it, and the next run adds it. You may edit the
// campaign as far as the library allows. If the database holds documents that the campaign lacks, it is the database of
// another campaign, and nothing is put or recorded.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	_ "time/tzdata" // days are those of a place, on a machine without a zone database too
)

//go:embed campaign.json
var campaignJSON []byte

//go:embed events.jsonl
var eventsJSONL []byte

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run is main with everything it touches handed over, and answers the exit status.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	flags.SetOutput(stderr)
	config := flags.String("config", "", "the campaign, a JSON `file`; - is standard input (default: the one built in)")
	events := flags.String("events", "", "the events, a `file` of JSON lines; - is standard input (default: those built in, or none with -config)")
	var dsn string
	given := false
	flags.Func("dsn", forms, func(value string) error {
		dsn, given = value, true
		return nil
	})
	switch err := flags.Parse(args); {
	case err == flag.ErrHelp:
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0 || *config == "-" && *events == "-":
		fmt.Fprintln(stderr, "quickstart: takes flags and no arguments, and standard input once")
		return 2
	}
	if !given {
		dsn = otherwiseIn(*config)
	}
	doc, err := read(*config, "campaign.json", campaignJSON, stdin)
	if err == nil {
		var lines source
		builtin := eventsJSONL
		if *config != "" { // they are about another campaign
			builtin = nil
		}
		if lines, err = read(*events, "events.jsonl", builtin, stdin); err == nil {
			err = show(context.Background(), stdout, doc, lines, dsn)
		}
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

// show plays and prints. Nothing is printed unless all of it went well.
func show(ctx context.Context, w io.Writer, doc, lines source, dsn string) error {
	trailing := regexp.MustCompile(`(?m) +$`) // tables fill up their last column
	p, err := play(ctx, doc, lines, dsn)
	if err != nil {
		return err
	}
	defer p.close()
	var page bytes.Buffer
	if err := p.print(&page); err != nil {
		return err
	}
	_, err = w.Write(trailing.ReplaceAll(page.Bytes(), nil))
	return err
}

// A source is a file by the name that complaints give it.
type source struct {
	name string
	data []byte
}

func read(path, otherwise string, builtin []byte, stdin io.Reader) (source, error) {
	switch path {
	case "":
		return source{otherwise, builtin}, nil
	case "-":
		data, err := io.ReadAll(stdin)
		return source{"stdin", data}, err
	}
	data, err := os.ReadFile(path)
	return source{path, data}, err
}
