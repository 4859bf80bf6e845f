// Skipped says in one line which databases the tests of this module find on this machine, and which they skip, because go test
// does not print what tests that passed have skipped:
//
//	go test work && go run ./store/sqlstore/sqltest/skipped
package main

import (
	"fmt"
	"strings"

	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/galera"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
)

func main() {
	var found, absent []string
	add := func(name string, err error) {
		if err == nil {
			found = append(found, name)
			return
		}
		absent = append(absent, name+" ("+strings.Join(strings.Fields(err.Error()), " ")+")")
	}
	for _, s := range servers.All() {
		add(s.Name, s.Ask())
	}
	add("galera", galera.Missing())
	if absent == nil {
		absent = []string{"none"}
	}
	fmt.Printf("tested on memory, bbolt, %s; skipped: %s\n", strings.Join(found, ", "), strings.Join(absent, ", "))
}
