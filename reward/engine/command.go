package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/internal/decide"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
	"github.com/guerdon-go/guerdon/task"
)

// Review passes or rejects a pending record. One that passes becomes granted or, if its reward asks for a claim,
// claimable. Rejection is final; it gives back what the record used of limits, budgets and caps unless its reward keeps it.
//
// A record that is already where the call leads is answered with Changed false; one in another state is a
// [reward.StatusError]. An unknown record is [reward.ErrUnknown]. A repeat is known by what [By] says of it; the same
// request for anything else is a [task.ConflictError]. A faulty ID or By is a [rule.FieldError] for each fault. The rest is
// as for [Engine.Record]: [ErrBusy], [ErrCatalogMoving], what the store answered, and only after one that matches
// [ErrUnknown] may the record have moved.
func (e *Engine) Review(ctx context.Context, by By, id reward.ID, pass bool) (reward.Moved, error) {
	return e.command(ctx, by, decide.Command{Op: decide.OpReview, Record: id, Pass: pass})
}

// Claim grants a claimable record to its user. From its deadline on the record has lapsed, and the answer is a
// [reward.StatusError], as for any record that is neither claimable nor granted. A granted one is answered with Changed
// false. Other errors are as of [Engine.Review].
func (e *Engine) Claim(ctx context.Context, id reward.ID) (reward.Moved, error) {
	return e.command(ctx, By{}, decide.Command{Op: decide.OpClaim, Record: id})
}

// Deduct takes a granted record back: its amount leaves the user's available balance. The record goes on using limits,
// budgets and caps. Where less is available than it gave, the answer is [ledger.ErrInsufficient]; for a reward with
// NoDeduct it is [reward.ErrNoDeduct]. A deducted record is answered with Changed false; other errors are as of
// [Engine.Review].
func (e *Engine) Deduct(ctx context.Context, by By, id reward.ID) (reward.Moved, error) {
	return e.command(ctx, by, decide.Command{Op: decide.OpDeduct, Record: id})
}

// Reinstate grants a deducted record again, in full. A granted one is answered with Changed false, also one that was never
// deducted; other errors are as of [Engine.Review].
func (e *Engine) Reinstate(ctx context.Context, by By, id reward.ID) (reward.Moved, error) {
	return e.command(ctx, by, decide.Command{Op: decide.OpReinstate, Record: id})
}

// check reports the faults of who makes a call.
func (by By) check(f *rule.Faults) {
	f.At("actor", rule.CheckText(by.Actor, ledger.ActorMax))
	f.At("reason", rule.CheckText(by.Reason, ledger.ReasonMax))
	if by.Request != "" {
		f.At("request", rule.CheckID(by.Request))
	}
	if by.Seq < 0 {
		f.Add("seq", strconv.FormatInt(by.Seq, 10), "must not be negative")
	}
}

func (e *Engine) command(ctx context.Context, by By, cmd decide.Command) (reward.Moved, error) {
	var f rule.Faults
	by.check(&f)
	f.At("user", rule.CheckID(cmd.Record.User))
	f.At("reward", rule.CheckCode(cmd.Record.Reward))
	if cmd.Record.N < 1 {
		f.Add("n", strconv.FormatInt(cmd.Record.N, 10), "must be above zero")
	}
	if err := f.Err(); err != nil {
		return reward.Moved{}, err
	}
	cmd.Actor, cmd.Reason, cmd.Request, cmd.Seq = by.Actor, by.Reason, by.Request, by.Seq
	cat, err := e.catalog(ctx)
	if err != nil {
		return reward.Moved{}, err
	}
	if !e.shared.alone && !e.st.Limits().Bound {
		if err := e.shared.queue.turn(ctx, cmd.Record.User); err != nil {
			return reward.Moved{}, err
		}
		defer e.shared.queue.end(cmd.Record.User)
	}
	c := commanding{e: e, cmd: cmd, hash: commandHash(cmd), now: e.now()}
	for try := 0; ; try++ {
		moved, done, err := c.try(ctx, cat)
		if done {
			return moved, err
		}
		if try+1 >= tries || e.st.Limits().Bound {
			if err == nil {
				err = ErrBusy
			}
			return reward.Moved{}, c.unless(fmt.Errorf("%s %s, %d tries: %w", cmd.Op, cmd.Record, try+1, err))
		}
		if stop := pause(ctx, try+1); stop != nil {
			return reward.Moved{}, c.unless(stop)
		}
		if k, _ := e.catalog(ctx); k != nil {
			cat = k
		}
	}
}

// commanding is one call that moves a record.
type commanding struct {
	e    *Engine
	cmd  decide.Command
	hash [32]byte
	now  time.Time
	lost bool // an answer was lost: a move that is found may be this call's own
}

// unless marks an error as one of unknown outcome if an answer was lost before it.
func (c *commanding) unless(err error) error {
	if c.lost {
		return unsure(err)
	}
	return err
}

// try loads, decides and commits once. done is false when something moved, or when the answer was lost.
func (c *commanding) try(ctx context.Context, cat *compiled) (m reward.Moved, done bool, err error) {
	s, st, causes, err := c.load(ctx, cat)
	if err != nil {
		return m, true, c.unless(err)
	}
	if m, ok, err := c.repeated(s, causes); ok {
		return m, true, err
	}
	m, err = s.Move(c.cmd)
	if err != nil || !m.Changed && c.cmd.Request == "" {
		return m, true, err
	}
	changes := s.Changes()
	if m.Changed && len(changes.Records) == 0 { // a repeat, known by its seq
		return m, true, nil
	}
	results, err := c.e.st.Commit(ctx, new(rowSpace).unit(c.cmd.Record.User, st.Version, changes, c.causes(m)))
	switch {
	case errors.Is(err, store.ErrUnknown):
		c.lost = true
		return reward.Moved{}, false, wrap(err)
	case err != nil:
		return reward.Moved{}, true, c.unless(wrap(err))
	case results[0].Written():
		return m, true, nil
	}
	return reward.Moved{}, false, nil
}

// load reads the record, what moving it needs, and the causes that tell of a repeat, under one catalog. Most calls read once.
func (c *commanding) load(ctx context.Context, cat *compiled) (*decide.State, store.State, []*store.CauseRow, error) {
	for range rounds + 1 {
		snap, err := c.e.st.Load(ctx, c.request(cat))
		if err != nil {
			return nil, store.State{}, nil, wrap(err)
		}
		use, again, err := c.e.agree(ctx, cat, snap.Stamp)
		if err != nil {
			return nil, store.State{}, nil, err
		}
		if again {
			cat = use
			continue
		}
		s := decide.New(cat.Catalog, c.cmd.Record.User, c.now)
		return s, snap.States[0], fill(s, snap.States[0].Rows, nil), nil
	}
	return nil, store.State{}, nil, ErrCatalogMoving
}

// request is what load reads under a catalog.
func (c *commanding) request(cat *compiled) store.Request {
	n := &decide.Needs{}
	n.Record(cat.Catalog, c.cmd.Record)
	n.Sort()
	var ids []string
	if c.cmd.Request != "" {
		ids = append(ids, store.CauseID(store.CauseRequest, c.cmd.Request))
	}
	return store.Request{Keys: []store.Key{{User: c.cmd.Record.User, Parts: parts(n, ids)}}, ForUpdate: true}
}

// repeated answers a call that was made before: under its request ID, or by this very call before its answer was lost.
func (c *commanding) repeated(s *decide.State, causes []*store.CauseRow) (m reward.Moved, ok bool, err error) {
	var record reward.Record
	if r := s.Records[decide.RecordKey{Reward: c.cmd.Record.Reward, N: c.cmd.Record.N}]; r != nil {
		record = r.At(c.now)
	}
	if len(causes) > 0 {
		was := causes[0].Move
		if field := differs(*was, c.cmd); field != "" {
			return m, true, &task.ConflictError{User: c.cmd.Record.User, ID: c.cmd.Request, Field: field}
		}
		// The record may belong to the other one of two calls with the same request.
		return reward.Moved{Record: record, Changed: was.Changed}, true, nil
	}
	if !c.lost {
		return m, false, nil
	}
	made := slices.ContainsFunc(record.Moves, func(m reward.Move) bool {
		return m.Seq > 1 && m.Status == c.cmd.Leads(record) && m.Time.Equal(c.now) && m.Actor == c.cmd.Actor && m.Reason == c.cmd.Reason && m.Request == c.cmd.Request
	})
	if !made { // the first move is the making
		return m, false, nil
	}
	return reward.Moved{Record: record, Changed: true}, true, nil
}

// differs names what a request was used for before and is not now.
func differs(was store.Move, c decide.Command) string {
	switch {
	case was.Op != c.Op:
		return "op"
	case was.Record.Reward != c.Record.Reward:
		return "reward"
	case was.Record.N != c.Record.N:
		return "n"
	case was.Pass != c.Pass:
		return "pass"
	case was.Actor != c.Actor:
		return "actor"
	case was.Reason != c.Reason:
		return "reason"
	}
	return ""
}

// causes are what the call is found by later: the move, which no other call can make, and its request ID.
func (c *commanding) causes(m reward.Moved) []*store.CauseRow {
	move := &store.Move{Op: c.cmd.Op, Pass: c.cmd.Pass, Record: c.cmd.Record, Seq: m.Record.Seq, Actor: c.cmd.Actor,
		Reason: c.cmd.Reason, Request: c.cmd.Request, Changed: m.Changed}
	row := store.CauseRow{User: c.cmd.Record.User, Hash: c.hash, Time: c.now, Revision: m.Record.Revision, Move: move}
	var rows []*store.CauseRow
	if m.Changed {
		r := row
		r.Type, r.ID = store.CauseMove, store.MoveCauseID(c.cmd.Record.Reward, c.cmd.Record.N, m.Record.Seq)
		rows = append(rows, &r)
	}
	if c.cmd.Request != "" {
		r := row
		r.Type, r.ID = store.CauseRequest, c.cmd.Request
		rows = append(rows, &r)
	}
	return rows
}
