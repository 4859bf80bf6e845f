// Skipped says in one line which databases the tests of this module find on this machine, and which they skip and why, because
// go test does not print what tests that passed have skipped:
//
//	go test work; go run ./store/sqlstore/sqltest/skipped
//
// It looks anew and knows nothing of that run. Of a Galera cluster it says whether its programs are here and its ports free.
package main

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/galera"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

func main() {
	found, absent := []string{"memory", "bbolt"}, []string{}
	add := func(name, as string, err error) {
		if err == nil {
			found = append(found, as)
			return
		}
		absent = append(absent, name+" ("+reason(err)+")")
	}
	for _, s := range servers.All() {
		add(s.Name, s.Name, s.Ask())
	}
	add("galera", "the programs of galera", galera.Missing())
	if len(absent) == 0 {
		absent = []string{"none"}
	}
	fmt.Printf("found: %s; skipped: %s\n", strings.Join(found, ", "), strings.Join(absent, ", "))
}

// reasonMax is how much of an error's text a line takes, in runes.
const reasonMax = 100

// reason says shortly why a server does not answer. A driver tries some addresses twice, and says so twice.
func reason(err error) string {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Addr != nil {
		return fmt.Sprintf("%s: %v", op.Addr, op.Err)
	}
	text := []rune(strings.Join(strings.Fields(err.Error()), " "))
	if len(text) > reasonMax {
		return string(text[:reasonMax]) + " ..."
	}
	return string(text)
}
