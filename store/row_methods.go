package store

import (
	"bytes"
	"maps"
	"slices"
	"time"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/task"
)

// Kinds lists the kinds of rows this release knows, in a fixed order. The slice is the caller's.
func Kinds() []Kind {
	return []Kind{
		KindCause, KindTask, KindTally, KindValue, KindEntitlement, KindReward, KindCap, KindTransfer, KindBalance,
	}
}

// Indexes lists the indexes this release knows, in a fixed order. The slice is the caller's.
func Indexes() []Index {
	return []Index{IndexCauseTask, IndexRewardUser, IndexRewardReward, IndexRewardOpen, IndexTransferAccount}
}

// Kind is the kind of the rows an index leads to, or empty for an index this release does not know.
func (ix Index) Kind() Kind {
	switch ix {
	case IndexCauseTask:
		return KindCause
	case IndexRewardUser, IndexRewardReward, IndexRewardOpen:
		return KindReward
	case IndexTransferAccount:
		return KindTransfer
	default:
		return ""
	}
}

// ByUser reports whether the keys of an index begin with the user, so that it can be paged in Load.
func (ix Index) ByUser() bool {
	return ix == IndexCauseTask || ix == IndexRewardUser || ix == IndexTransferAccount
}

// IndexKey is the key of a row in an index, the one that [Row.Index] has for it, or empty if it has no entry there.
func IndexKey(ix Index, r Row) string {
	switch r := r.(type) {
	case *CauseRow:
		if ix == IndexCauseTask && r.Type == CauseEvent && r.Event != nil {
			return CauseTaskKey(r.User, r.Event.Event.Task, r.Event.Seq, r.ID)
		}
	case *RewardRow:
		if ix != IndexRewardOpen || r.Status == reward.Pending || r.Status == reward.Claimable {
			return RewardKey(ix, r.ID, r.Time)
		}
	case *TransferRow:
		if ix == IndexTransferAccount && r.Seq != 0 {
			return TransferAccountKey(r.ID.User, r.Amount.Asset, r.Seq)
		}
	}
	return ""
}

// Key identifies the row by its type and ID.
func (r *CauseRow) Key() RowKey {
	return RowKey{Kind: KindCause, User: r.User, ID: CauseID(r.Type, r.ID)}
}

// Index leads to events by their task and order of arrival; other causes have no entry.
func (r *CauseRow) Index() []Entry {
	if key := IndexKey(IndexCauseTask, r); key != "" {
		return []Entry{{IndexCauseTask, key}}
	}
	return nil
}

// Clone returns a copy that shares nothing with r, its instants cut to what a store keeps.
func (r *CauseRow) Clone() Row {
	// Of most causes these parts are one each, which live as long as the row: all is one piece of memory.
	p := &struct {
		row    CauseRow
		event  task.Entry
		tasks  [1]TaskID
		grants [1]Grants
	}{row: *r}
	c := &p.row
	c.Time = Instant(r.Time)
	if r.Event != nil {
		e := &p.event
		*e = *r.Event
		e.Event.Time, e.Arrived = Instant(e.Event.Time), Instant(e.Arrived)
		e.Event.Attrs = cloneAttrs(e.Event.Attrs)
		e.Event.Meta = bytes.Clone(e.Event.Meta)
		c.Event = e
	}
	if r.Move != nil {
		m := *r.Move
		c.Move = &m
	}
	c.Tasks, c.Grants = cloneInto(&p.tasks, r.Tasks), cloneInto(&p.grants, r.Grants)
	c.Blocked = slices.Clone(r.Blocked)
	for i := range c.Blocked {
		c.Blocked[i].Until = Instant(c.Blocked[i].Until)
	}
	return c
}

// Key identifies the row by task and period.
func (r *TaskRow) Key() RowKey {
	return RowKey{Kind: KindTask, User: r.User, ID: TaskRowID(r.Task, r.Period)}
}

// Index is empty.
func (r *TaskRow) Index() []Entry { return nil }

// Clone returns a copy that shares nothing with r, its instants cut to what a store keeps.
func (r *TaskRow) Clone() Row {
	c := *r
	c.First, c.Last = Instant(r.First), Instant(r.Last)
	c.Created, c.Updated = Instant(r.Created), Instant(r.Updated)
	return &c
}

// Key identifies the row by its task.
func (r *TallyRow) Key() RowKey { return RowKey{Kind: KindTally, User: r.User, ID: TallyRowID(r.Task)} }

// Index is empty.
func (r *TallyRow) Index() []Entry { return nil }

// Clone returns a copy that shares nothing with r.
func (r *TallyRow) Clone() Row {
	if cells := r.Tally.Cells; len(cells) == 1 && cells[0].Done.Words == nil && cells[0].Open == nil {
		// A single cell without slices of its own is one piece of memory with the row.
		p := &struct {
			row   TallyRow
			cells [1]rule.Cell
		}{row: *r}
		p.row.Tally.Cells = cloneInto(&p.cells, cells)
		return &p.row
	}
	c := *r
	c.Tally = r.Tally.Clone()
	return &c
}

// Key identifies the row by task, leaf, outer period and value.
func (r *ValueRow) Key() RowKey {
	return RowKey{Kind: KindValue, User: r.User, ID: ValueRowID(r.Task, r.Leaf, r.Outer, r.Hash)}
}

// Index is empty.
func (r *ValueRow) Index() []Entry { return nil }

// Clone returns a copy that shares nothing with r.
func (r *ValueRow) Clone() Row {
	c := *r
	return &c
}

// Key identifies the row by its reward.
func (r *EntitlementRow) Key() RowKey {
	return RowKey{Kind: KindEntitlement, User: r.User, ID: EntitlementRowID(r.Reward)}
}

// Index is empty.
func (r *EntitlementRow) Index() []Entry { return nil }

// Clone returns a copy that shares nothing with r.
func (r *EntitlementRow) Clone() Row {
	c := *r
	c.Cycles, c.Blocked = slices.Clone(r.Cycles), slices.Clone(r.Blocked)
	return &c
}

// Key identifies the row by reward and number.
func (r *RewardRow) Key() RowKey {
	return RowKey{Kind: KindReward, User: r.ID.User, ID: RewardRowID(r.ID.Reward, r.ID.N)}
}

// Index leads to the record by its user, by its reward, and while it is pending or claimable among the open ones.
func (r *RewardRow) Index() []Entry {
	entries := make([]Entry, 2, 3)
	entries[0] = Entry{IndexRewardUser, IndexKey(IndexRewardUser, r)}
	entries[1] = Entry{IndexRewardReward, IndexKey(IndexRewardReward, r)}
	if key := IndexKey(IndexRewardOpen, r); key != "" {
		entries = append(entries, Entry{IndexRewardOpen, key})
	}
	return entries
}

// Clone returns a copy that shares nothing with r, its instants cut to what a store keeps.
func (r *RewardRow) Clone() Row {
	// Most records have one move for good: both are one piece of memory.
	p := &struct {
		row   RewardRow
		moves [1]reward.Move
	}{row: *r}
	c := &p.row
	c.Time, c.Deadline = Instant(r.Time), Instant(r.Deadline)
	c.Meta = bytes.Clone(r.Meta)
	c.Taken.Counters = slices.Clone(r.Taken.Counters)
	c.Moves = cloneInto(&p.moves, r.Moves)
	for i := range c.Moves {
		c.Moves[i].Time = Instant(c.Moves[i].Time)
	}
	return c
}

// Key identifies the row by its group and its asset.
func (r *CapRow) Key() RowKey {
	return RowKey{Kind: KindCap, User: r.User, ID: CapRowID(r.Group, r.Used.Asset)}
}

// Index is empty.
func (r *CapRow) Index() []Entry { return nil }

// Clone returns a copy that shares nothing with r.
func (r *CapRow) Clone() Row {
	c := *r
	return &c
}

// Key identifies the row by the transfer's ID.
func (r *TransferRow) Key() RowKey {
	return RowKey{Kind: KindTransfer, User: r.ID.User, ID: TransferRowID(r.ID)}
}

// Index leads to the transfer by its asset and place in the statement. One with seq 0 does not touch what is available and
// has no entry.
func (r *TransferRow) Index() []Entry {
	if key := IndexKey(IndexTransferAccount, r); key != "" {
		return []Entry{{IndexTransferAccount, key}}
	}
	return nil
}

// Clone returns a copy that shares nothing with r, its instants cut to what a store keeps.
func (r *TransferRow) Clone() Row {
	c := *r
	c.Time = Instant(r.Time)
	return &c
}

// Key identifies the row by the account's kind and asset.
func (r *BalanceRow) Key() RowKey {
	return RowKey{Kind: KindBalance, User: r.Account.User, ID: BalanceRowID(r.Account.Kind, r.Account.Asset)}
}

// Index is empty.
func (r *BalanceRow) Index() []Entry { return nil }

// Clone returns a copy that shares nothing with r.
func (r *BalanceRow) Clone() Row {
	c := *r
	return &c
}

// Instant is t as stores keep it: in UTC, cut to the microsecond.
func Instant(t time.Time) time.Time {
	t = t.Round(0).UTC()                                           // without the reading of a monotonic clock
	if rest := t.Nanosecond() % int(time.Microsecond); rest != 0 { // most were cut before, and Truncate divides in 128 bits
		t = t.Add(-time.Duration(rest))
	}
	return t
}

// cloneInto copies a slice, into room if it has one element.
func cloneInto[T any](room *[1]T, s []T) []T {
	if len(s) != 1 {
		return slices.Clone(s)
	}
	room[0] = s[0]
	return room[:]
}

// cloneAttrs copies canonical attributes: of their values only lists are shared by assignment.
func cloneAttrs(a rule.Attrs) rule.Attrs {
	if a == nil {
		return nil
	}
	c := maps.Clone(a)
	for name, v := range c {
		switch v := v.(type) {
		case []string:
			c[name] = slices.Clone(v)
		case []any:
			c[name] = slices.Clone(v)
		case time.Time:
			c[name] = Instant(v)
		}
	}
	return c
}
