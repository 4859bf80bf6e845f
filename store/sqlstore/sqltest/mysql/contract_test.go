// Package mysql tests what is special about MySQL and MariaDB: that the DSN does not matter or is refused, that units larger than a
// packet are written, that nothing lands after it was looked for, that a bound store notices when its transaction is gone, and how
// the lock of a migration is waited for.
package mysql

import (
	"testing"

	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/store/sqlstore/sqltest/servers"
	"github.com/guerdon-go/guerdon/store/storetest"
)

func TestContract_whateverTheDSNSays(t *testing.T) {
	each(t, func(t *testing.T, server servers.Server) {
		for _, tt := range []struct{ name, parameters string }{
			{"a character set without Chinese, times in another zone", "charset=latin1&parseTime=true&loc=Asia%2FShanghai&interpolateParams=true"},
			{"another collation, rows counted as found", "collation=utf8mb4_unicode_ci&clientFoundRows=true"},
		} {
			t.Run(tt.name, func(t *testing.T) {
				empty := server.ReusedOn(t, pool(t, server, tt.parameters))
				storetest.Run(t, func(t *testing.T) store.Store { return empty(t) })
			})
		}
	})
}
