// Bench measures events on databases beside hand-written SQL that writes the same rows, in one run, and prints a table of each. The
// documentation of sqlstore has their ratios in one:
//
//	go run ./store/sqlstore/sqltest/bench                      # SQLite, and all servers that answer
//	go run ./store/sqlstore/sqltest/bench -on postgresql -for 3s -rounds 7
//	go run ./store/sqlstore/sqltest/bench -on postgresql -rows 10000,10000000
//
// An event completes a task and pays one reward: nine rows are written. Each measurement runs the contenders in turn, several
// rounds of each, and gives the median events a second and the median of the rounds' ratios, so that a noisy machine troubles
// both alike. A target is the ratio that is wanted of PostgreSQL, and one that is missed says so.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

func main() {
	var m measuring
	on := flag.String("on", "sqlite,postgresql,mariadb,mysql", "the databases, of those that answer")
	flag.DurationVar(&m.span, "for", 2*time.Second, "how long a round of a contender takes")
	flag.IntVar(&m.rounds, "rounds", 5, "how many rounds each contender has")
	flag.IntVar(&m.users, "users", 10_000, "how many users there are, at least 3,200: a hundred for each of 32 clients")
	only := flag.String("only", "", "measure what has this in its name alone")
	rows := flag.String("rows", "", "instead of the table, the cost of an event beside these many reward records and transfers, such as 10000,10000000")
	profile := flag.String("cpuprofile", "", "write a CPU profile of this process to a file")
	flag.Parse()
	if *profile != "" {
		f, err := os.Create(*profile)
		if err == nil {
			err = pprof.StartCPUProfile(f)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		defer pprof.StopCPUProfile()
	}
	m.only, m.users = *only, max(m.users, 3200)
	fmt.Printf("%s on %s, rounds of %v\n\n", "events a second", machine(), m.span)
	failed := false
	for _, s := range servers.All() {
		if !slices.Contains(strings.Split(*on, ","), s.Name) {
			continue
		}
		m.server = s
		run := m.table
		if *rows != "" {
			run = func(ctx context.Context) error { return m.growth(ctx, numbers(*rows)) }
		}
		if err := run(context.Background()); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", s.Name, err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

func numbers(list string) (n []int) {
	for _, s := range strings.Split(list, ",") {
		v, err := strconv.Atoi(s)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		n = append(n, v)
	}
	return n
}
