package memory

import (
	"slices"

	"github.com/guerdon-go/guerdon/store"
)

// listed reports whether rows of a kind have entries in indexes. Such a row is never changed, only replaced, since a list
// copies it after the lock. Of the other kinds most puts replace a row, which is written over in its place.
func listed(kind int) bool { return kind == causes || kind == rewards || kind == transfers }

// overwrite makes old what row.Clone would be and reports whether it did: both are of one type that it knows. It keeps
// nothing of row's, as Clone does not. The lock of the shard is held.
func overwrite(old, row store.Row) bool {
	switch row := row.(type) {
	case *store.TaskRow:
		old, same := old.(*store.TaskRow)
		if !same {
			return false
		}
		*old = *row
		old.First, old.Last = store.Instant(row.First), store.Instant(row.Last)
		old.Created, old.Updated = store.Instant(row.Created), store.Instant(row.Updated)
		return true
	case *store.TallyRow:
		old, same := old.(*store.TallyRow)
		if !same {
			return false
		}
		return overwriteTally(old, row)
	case *store.EntitlementRow:
		old, same := old.(*store.EntitlementRow)
		if !same {
			return false
		}
		*old = *row
		old.Cycles, old.Blocked = slices.Clone(row.Cycles), slices.Clone(row.Blocked)
		return true
	case *store.BalanceRow:
		old, same := old.(*store.BalanceRow)
		if !same {
			return false
		}
		*old = *row
		return true
	default:
		return false
	}
}

// overwriteTally is overwrite for tallies that both have one cell, without slices of its own.
func overwriteTally(old, row *store.TallyRow) bool {
	to, from := old.Tally.Cells, row.Tally.Cells
	if len(to) != 1 || len(from) != 1 || from[0].Done.Words != nil || from[0].Open != nil {
		return false
	}
	*old = *row
	to[0], old.Tally.Cells = from[0], to
	return true
}
