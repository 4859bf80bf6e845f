package enginetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/guerdon-go/guerdon/ledger"
	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/engine"
	"github.com/guerdon-go/guerdon/task"
)

// engine0 is what the engine and users do: nobody's call.
var engine0 engine.By

// move answers Review, Claim, Deduct and Reinstate (S19).
func (m *model) move(op string, by engine.By, id reward.ID, pass bool) (reward.Moved, error) {
	p := m.person(id.User)
	this := call{request: by.Request, op: op, pass: pass, id: id, actor: by.Actor, reason: by.Reason}
	if was, ok := p.requests[by.Request]; ok && by.Request != "" {
		if was.call != this {
			return reward.Moved{}, &task.ConflictError{User: id.User, ID: by.Request}
		}
		return reward.Moved{Record: m.present(p.records[id]), Changed: was.changed}, nil
	}
	g := p.records[id]
	if g == nil {
		return reward.Moved{}, reward.ErrUnknown
	}
	wrong := &reward.StatusError{Op: op, Record: m.present(g)}
	if by.Seq != 0 && by.Seq != g.Seq {
		if by.Seq > 0 && by.Seq < g.Seq && g.calls[by.Seq] == this {
			return reward.Moved{Record: m.present(g), Changed: true}, nil
		}
		return reward.Moved{}, wrong
	}
	from, to := m.step(g, op, pass)
	now := m.present(g).Status
	switch {
	case now == to:
		if by.Request != "" {
			p.requests[by.Request] = answered{this, false}
		}
		return reward.Moved{Record: m.present(g)}, nil
	case now != from:
		return reward.Moved{}, wrong
	case op == "deduct" && g.Terms.NoDeduct:
		return reward.Moved{}, reward.ErrNoDeduct
	}
	if by.Request != "" {
		p.requests[by.Request] = answered{this, true}
	}
	m.moveTo(p, g, to, by, this)
	return reward.Moved{Record: m.present(g), Changed: true}, nil
}

// step is the state a call starts from and the one it leads to.
func (m *model) step(g *granted, op string, pass bool) (from, to reward.Status) {
	switch {
	case op == "review" && !pass:
		return reward.Pending, reward.Rejected
	case op == "review" && g.Terms.Claim:
		return reward.Pending, reward.Claimable
	case op == "review":
		return reward.Pending, reward.Granted
	case op == "claim":
		return reward.Claimable, reward.Granted
	case op == "deduct":
		return reward.Granted, reward.Deducted
	}
	return reward.Deducted, reward.Granted
}

// moveTo moves a record and what it pays.
func (m *model) moveTo(p *person, g *granted, to reward.Status, by engine.By, c call) {
	if to == reward.Claimable && g.Terms.ClaimWithin > 0 {
		g.Deadline = m.now.Add(time.Duration(g.Terms.ClaimWithin))
	}
	g.Status = to
	g.Seq++
	g.calls = append(g.calls, c)
	g.Moves = append(slices.Clone(g.Moves),
		reward.Move{Seq: g.Seq, Status: to, Actor: by.Actor, Reason: by.Reason, Request: by.Request, Time: m.now})
	cause := fmt.Sprintf("%s.%d#%d", g.ID.Reward, g.ID.N, g.Seq)
	line := ledger.Line{Transfer: ledger.Transfer{ID: ledger.TransferID{User: p.name, Cause: cause}, Debit: ledger.Issued, Credit: ledger.Available, Amount: g.Amount,
		Actor: by.Actor, Reason: by.Reason, Time: m.now}, Change: g.Amount}
	switch to {
	case reward.Deducted:
		line.Transfer.Debit, line.Transfer.Credit = ledger.Available, ledger.Issued
		line.Change = g.Amount.Neg()
	case reward.Granted:
	default:
		return
	}
	asset := g.Amount.Asset
	line.After = line.Change
	if n := len(p.lines[asset]); n > 0 {
		line.After.Value = p.lines[asset][n-1].After.Value.Add(line.Change.Value)
	}
	p.lines[asset] = append(p.lines[asset], line)
}

// available is what a user has of an asset.
func (p *person) available(asset string) ledger.Amount {
	if n := len(p.lines[asset]); n > 0 {
		return p.lines[asset][n-1].After
	}
	return ledger.Whole(asset, 0)
}
