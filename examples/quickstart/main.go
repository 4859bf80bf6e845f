// Quickstart plays ten days of a campaign and prints what came of it: rewards as they fall, what was blocked and until when,
// what somebody still lacks, balances, a statement, and whether the books are even.
//
//	go run ./examples/quickstart                                    # the campaign and the events beside this file
//	go run ./examples/quickstart -config mine.json -events mine.jsonl
//
// The config is what [engine.Engine.PutJSON] reads, the events are JSON objects of [task.Event], one on a line. A dash is
// standard input. A config alone is checked, and nothing is played. Faults are printed with file and line, and the exit status is 1; it is 2 for wrong flags.
package main

import (
	"bytes"
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
	switch err := flags.Parse(args); {
	case err == flag.ErrHelp:
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0 || *config == "-" && *events == "-":
		fmt.Fprintln(stderr, "quickstart: takes two flags and no arguments, and standard input once")
		return 2
	}
	doc, err := read(*config, "campaign.json", campaignJSON, stdin)
	if err == nil {
		var lines source
		builtin := eventsJSONL
		if *config != "" { // they are about another campaign
			builtin = nil
		}
		if lines, err = read(*events, "events.jsonl", builtin, stdin); err == nil {
			err = show(stdout, doc, lines)
		}
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

// show plays and prints. Nothing is printed unless all of it went well.
func show(w io.Writer, doc, lines source) error {
	trailing := regexp.MustCompile(`(?m) +$`) // tables fill up their last column
	p, err := play(doc, lines)
	if err != nil {
		return err
	}
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
