// Package mysql tests what is special about MySQL and MariaDB: that the DSN does not matter, that the store gets by with one
// statement at a time, and that a bound store notices when its transaction is gone.
package mysql

import (
	"testing"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/store/storetest"
)

func TestContract_whateverTheDSNSays(t *testing.T) {
	for _, tt := range []struct {
		name, parameters string
		plain            bool
	}{
		{"a character set without Chinese, times in another zone", "charset=latin1&parseTime=true&loc=Asia%2FShanghai&interpolateParams=true", false},
		{"another collation, rows counted as found", "collation=utf8mb4_unicode_ci&clientFoundRows=true", false},
		{"MySQL, which takes one statement at a time", "", true},
		{"the same, rows counted as found", "interpolateParams=true&clientFoundRows=true", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			empty := servers.MariaDB.ReusedOn(t, pool(t, tt.parameters, tt.plain))
			storetest.Run(t, func(t *testing.T) store.Store { return empty(t) })
		})
	}
}
