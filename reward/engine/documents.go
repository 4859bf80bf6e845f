package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/guerdon-go/guerdon/reward"
	"github.com/guerdon-go/guerdon/reward/internal/catalog"
	"github.com/guerdon-go/guerdon/rule"
	"github.com/guerdon-go/guerdon/store"
)

// A Document is a catalog document, by value: [rule.Calendar], [ledger.Asset], [task.Group], [task.Config], [reward.Group]
// or [reward.Config]. Any other type is refused.
type Document any

// DocumentsMax is the most bytes PutJSON reads.
const DocumentsMax = 64 << 20

// Put checks documents together and writes all or none of them under one new revision, which it answers. Documents whose
// content is what is stored are passed over; if that is all of them, nothing is written and the answer is the present
// revision. A document with a Revision is written only if it is still the stored one's ([ErrStale]); 0 overwrites.
//
// Every fault is reported at once: an error that joins a [rule.FieldError] for each, with paths such as
// "reward RS000910: rule.all[0].n". A document given twice is a fault, as is one that was retired. By.Actor and By.Reason
// are stored with the documents. [ErrBusy] means that others kept putting; after an error that matches [ErrUnknown] the
// documents may be there, and the same call, repeated, tells.
func (e *Engine) Put(ctx context.Context, by By, docs ...Document) (revision int64, err error) {
	return e.write(ctx, by, catalog.Change{Documents: plain(docs)})
}

// PutMissing is Put for documents that are not there yet: those that are, in whatever form, are left alone. An application
// may call it at every start without undoing what its operators edited. Those that are left alone are not checked.
func (e *Engine) PutMissing(ctx context.Context, by By, docs ...Document) (revision int64, err error) {
	return e.write(ctx, by, catalog.Change{Documents: plain(docs), Missing: true})
}

// PutJSON is Put for documents in JSON: an object with any of the fields calendar, assets, task_groups, tasks,
// reward_groups and rewards, each but the first a list. Fields have the documents' names in snake_case, matched exactly; null
// is as good as absent. Unknown names, names given twice and values that do not fit are each a [rule.FieldError] with a path
// such as "rewards[3].rule.all[0].n"; after 100 places with faults reading ends. Where there are
// such faults they are all that is reported: the documents are checked as by Put once they can be read. At most
// [DocumentsMax] bytes are read, and nothing may follow the object.
func (e *Engine) PutJSON(ctx context.Context, by By, r io.Reader) (revision int64, err error) {
	data, err := io.ReadAll(io.LimitReader(r, DocumentsMax+1))
	if err != nil {
		return 0, fmt.Errorf("engine: reading documents: %w", err)
	}
	if len(data) > DocumentsMax {
		var f rule.Faults
		f.Addf("", "", "the documents have more than %d bytes", DocumentsMax)
		return 0, f.Err()
	}
	docs, err := catalog.ReadDocuments(data)
	if err != nil {
		return 0, err
	}
	return e.write(ctx, by, catalog.Change{Documents: docs})
}

// Retire ends documents for good; of each only the code is read. A retired task's events are recorded and ignored, a
// retired reward decides nothing more, and neither stands on a board. Records live on. Retiring what is retired changes
// nothing; a document that does not exist is a [rule.FieldError]. The calendar and assets cannot be retired.
func (e *Engine) Retire(ctx context.Context, by By, docs ...Document) error {
	_, err := e.write(ctx, by, catalog.Change{Documents: plain(docs), Retire: true})
	return err
}

// Pause stops a reward from making records, by a policy: [reward.Hold] leaves due matches waiting until an event after the
// resume decides them, [reward.Drop] blocks them. Records that exist go on being reviewed, claimed and deducted. Pausing
// again changes the policy. Hold is refused for a reward with AmountFrom. An unknown reward is [reward.ErrUnknown].
func (e *Engine) Pause(ctx context.Context, by By, code string, policy reward.Policy) error {
	if policy != reward.Hold && policy != reward.Drop {
		var f rule.Faults
		f.Add("policy", string(policy), "must be hold or drop")
		return f.Err()
	}
	return e.toggle(ctx, by, catalog.Pause{Reward: code, Policy: policy})
}

// Resume ends a pause. A reward that is not paused stays as it is. An unknown reward is [reward.ErrUnknown].
func (e *Engine) Resume(ctx context.Context, by By, code string) error {
	return e.toggle(ctx, by, catalog.Pause{Reward: code})
}

func (e *Engine) toggle(ctx context.Context, by By, p catalog.Pause) error {
	cat, err := e.fresh(ctx)
	if err != nil {
		return err
	}
	if cat.Rewards[p.Reward] == nil {
		return fmt.Errorf("reward %q: %w", p.Reward, reward.ErrUnknown)
	}
	_, err = e.write(ctx, by, catalog.Change{Documents: []catalog.Document{p}})
	return err
}

func plain(docs []Document) []catalog.Document {
	list := make([]catalog.Document, len(docs))
	for i, d := range docs {
		list[i] = d
	}
	return list
}

// write plans a change on the catalog as it stands and writes it if it still does; else it plans again.
func (e *Engine) write(ctx context.Context, by By, ch catalog.Change) (int64, error) {
	var f rule.Faults
	by.check(&f)
	if err := f.Err(); err != nil {
		return 0, err
	}
	ch.Actor, ch.Reason = by.Actor, by.Reason
	now := e.now()
	var lost error // an answer was lost: whatever ends the call, the documents may have been written
	for try := 1; ; try++ {
		cat, err := e.fresh(ctx)
		if err != nil {
			return 0, cmp.Or(lost, err)
		}
		_, writes, err := cat.Plan(ch, now)
		if err != nil {
			return 0, cmp.Or(lost, err)
		}
		if len(writes) == 0 {
			return cat.stamp.Revision, nil
		}
		docs := make([]store.Doc, len(writes))
		for i, w := range writes {
			docs[i] = store.Doc{Kind: store.DocKind(w.Kind), Code: w.Code, Body: w.Body}
		}
		stamp, err := e.st.PutDocs(ctx, cat.stamp, docs...)
		switch {
		case err == nil:
			return stamp.Revision, nil
		case errors.Is(err, store.ErrUnknown): // planning again tells: what landed has nothing left to write
			lost = wrap(err)
		case !errors.Is(err, store.ErrStale):
			return 0, cmp.Or(lost, wrap(err))
		}
		if try >= tries || e.st.Limits().Bound {
			return 0, cmp.Or(lost, fmt.Errorf("%d tries to put documents: %w", try, ErrBusy))
		}
		if err := pause(ctx, try); err != nil {
			return 0, cmp.Or(lost, err)
		}
	}
}
