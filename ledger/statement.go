package ledger

// A Line is one line of a user's statement of an asset: a transfer, what it changed the available balance by, and what that
// was afterwards.
//
// The zero Line stands before the first transfer. A statement is made by calling [Line.Next] with the transfers, oldest
// first; to go on from a page, keep its last line.
type Line struct {
	// Transfer is what happened.
	Transfer Transfer `json:"transfer"`
	// Change is what the available balance was changed by: below zero when it was taken from, zero of the asset when the
	// transfer moved something between other accounts of the user.
	Change Amount `json:"change,omitzero"`
	// After is the available balance right after the transfer.
	After Amount `json:"after,omitzero"`
}

// Next gives the line of the transfer that follows l's.
//
// A transfer that is not valid, is another user's or is of another asset is [*rule.FieldError]; one that would leave less than
// nothing available is [*UnbalancedError], as transfers in the order they were posted never do; a balance that is too large is
// [ErrOverflow]. The Line is then zero.
func (l Line) Next(t Transfer) (Line, error) {
	if err := t.Validate(); err != nil {
		return Line{}, err
	}
	if of := l.Transfer.ID.User; of != "" && of != t.ID.User {
		return Line{}, fault(t.ID.User, "must be a transfer of user "+of)
	}
	change := t.Change(Available)
	after, err := l.After.Add(change)
	if err != nil {
		return Line{}, err
	}
	if after.Sign() < 0 {
		account := Account{User: t.ID.User, Kind: Available, Asset: after.Asset}
		return Line{}, &UnbalancedError{Account: account, Transfer: t.ID, Have: after, Reason: "must not be negative after the transfer"}
	}
	return Line{Transfer: t, Change: change, After: after}, nil
}
