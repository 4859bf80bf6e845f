package store

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf8"
)

// CheckRequest tells whether a store may be given a request, and every store calls it first in Load. [ErrUnsupported] is
// answered for a kind or index this release does not know and for an index that does not begin with the user, [ErrInvalid]
// for users that are not distinct, sorted and valid, for a part that names both rows and an index or neither, for a negative
// limit, for a prefix that is neither empty nor begins with [UserPrefix] of the user, and for a Prefix or After that is not
// UTF-8 (keys are, and stores hand bounds to databases as text). They come in an [*Error] with Op "load".
//
// IDs are not looked at: one that no row can have finds none.
func CheckRequest(r Request) error {
	for i := range r.Keys {
		k := &r.Keys[i]
		switch {
		case !validName(k.User, UserMax):
			return refuseRead("load", k.User, ErrInvalid, "a user is 1 to 128 bytes of UTF-8 without NUL")
		case i > 0 && r.Keys[i-1].User >= k.User:
			return refuseRead("load", k.User, ErrInvalid, "users are not distinct and sorted byte by byte")
		}
		for j := range k.Parts {
			if err := checkPart(k.User, &k.Parts[j]); err != nil {
				return err
			}
		}
	}
	for _, c := range r.Counters {
		if !validName(c, CounterMax) {
			return refuseRead("load", c, ErrInvalid, "a counter's name is 1 to 256 bytes of UTF-8 without NUL")
		}
	}
	return nil
}

func checkPart(user string, p *Part) error {
	if p.Index == "" {
		switch {
		case !known(p.Kind):
			return refuseRead("load", user, ErrUnsupported, "kind %q", clip(string(p.Kind)))
		case p.Prefix != "" || p.After != "" || p.Limit != 0:
			return refuseRead("load", user, ErrInvalid, "a part of named rows is no page")
		}
		return nil
	}
	switch {
	case !p.Index.ByUser():
		return refuseRead("load", user, ErrUnsupported, "index %q of one user", clip(string(p.Index)))
	case p.Kind != "" && p.Kind != p.Index.Kind(), len(p.IDs) > 0, p.Limit < 0:
		return refuseRead("load", user, ErrInvalid, "a page of index %s has no IDs, no other kind and no negative limit", p.Index)
	case p.Prefix != "" && !ownPrefix(p.Prefix, user):
		return refuseRead("load", user, ErrInvalid, "the prefix of a page is another user's")
	case !utf8.ValidString(p.Prefix) || !utf8.ValidString(p.After):
		return refuseRead("load", user, ErrInvalid, "a bound of a page is not UTF-8")
	}
	return nil
}

func ownPrefix(prefix, user string) bool {
	return len(prefix) > len(user) && prefix[len(user)] == sep && prefix[:len(user)] == user
}

// CheckQuery tells whether a store may be given a query, and every store calls it first in List. [ErrUnsupported] is
// answered for an index this release does not know, [ErrInvalid] for a negative limit and for a Prefix, From, To or After
// that is not UTF-8, each in an [*Error] with Op "list".
func CheckQuery(q Query) error {
	switch {
	case q.Index.Kind() == "":
		return refuseRead("list", string(q.Index), ErrUnsupported, "index")
	case q.Limit < 0:
		return refuseRead("list", string(q.Index), ErrInvalid, "limit %d", q.Limit)
	}
	for _, bound := range [...]string{q.Prefix, q.From, q.To, q.After} {
		if !utf8.ValidString(bound) {
			return refuseRead("list", string(q.Index), ErrInvalid, "a bound is not UTF-8")
		}
	}
	return nil
}

// CheckDocs tells whether a store may be given documents, and every store calls it first in PutDocs: each has a kind and a
// code of 1 to [DocCodeMax] bytes of UTF-8 without NUL, and none is there twice. Else the answer is [ErrInvalid] in an
// [*Error] with Op "put".
func CheckDocs(docs ...Doc) error {
	type name struct {
		kind DocKind
		code string
	}
	seen := make(map[name]struct{}, len(docs))
	for _, d := range docs {
		if !validName(string(d.Kind), DocCodeMax) || !validName(d.Code, DocCodeMax) {
			return refuseRead("put", d.Code, ErrInvalid, "a document's kind and code are 1 to 128 bytes of UTF-8 without NUL")
		}
		if _, twice := seen[name{d.Kind, d.Code}]; twice {
			return refuseRead("put", d.Code, ErrInvalid, "%s is there twice", clip(string(d.Kind)))
		}
		seen[name{d.Kind, d.Code}] = struct{}{}
	}
	return nil
}

// Check tells whether units fit into one call: at most Units of them, none with more than RowsPerUnit rows, keys to delete
// and takes, together not more than Rows. Else the answer is [ErrTooLarge] in an [*Error] with Op "commit".
func (l Limits) Check(units ...Unit) error {
	if len(units) > l.Units {
		return &Error{Op: "commit", Err: fmt.Errorf("%w: %d units, at most %d", ErrTooLarge, len(units), l.Units)}
	}
	total := 0
	for i := range units {
		u := &units[i]
		rows := len(u.Insert) + len(u.Put) + len(u.Delete) + len(u.Take)
		if rows > l.RowsPerUnit {
			return &Error{Op: "commit", ID: clip(u.User), Err: fmt.Errorf("%w: %d rows, at most %d in a unit", ErrTooLarge, rows, l.RowsPerUnit)}
		}
		total += rows
	}
	if total > l.Rows {
		return &Error{Op: "commit", Err: fmt.Errorf("%w: %d rows, at most %d", ErrTooLarge, total, l.Rows)}
	}
	return nil
}

// CheckRequest tells whether a request fits into one call: at most Units keys. Else the answer is [ErrTooLarge] in an
// [*Error] with Op "load".
func (l Limits) CheckRequest(r Request) error {
	if len(r.Keys) > l.Units {
		return &Error{Op: "load", Err: fmt.Errorf("%w: %d users, at most %d", ErrTooLarge, len(r.Keys), l.Units)}
	}
	return nil
}

// Next is the stamp of the catalog after documents were put under s, which every store's PutDocs answers. The revision
// rises by one and the hash covers the hash before it, the revision and the documents in the order given, so that a stamp
// stands for a whole history: after one that was rolled back, other documents make another stamp. Without documents the
// stamp stays as it is.
func (s Stamp) Next(docs ...Doc) Stamp {
	if len(docs) == 0 {
		return s
	}
	next := Stamp{Revision: s.Revision + 1}
	h := sha256.New()
	h.Write(s.Hash[:])
	size := binary.BigEndian.AppendUint64(nil, uint64(next.Revision))
	h.Write(size)
	for _, d := range docs {
		for _, part := range []string{string(d.Kind), d.Code, string(d.Body)} {
			h.Write(binary.BigEndian.AppendUint64(size[:0], uint64(len(part))))
			h.Write([]byte(part))
		}
	}
	copy(next.Hash[:], h.Sum(nil))
	return next
}

// Match reports whether a key lies in the query's range: it starts with Prefix, is not before From, is before To, and comes
// after After in the direction of reading.
func (q Query) Match(key string) bool {
	return strings.HasPrefix(key, q.Prefix) && key >= q.From && (q.To == "" || key < q.To) &&
		(q.After == "" || !q.Desc && key > q.After || q.Desc && key < q.After)
}

func refuseRead(op, id string, sentinel error, format string, args ...any) error {
	return &Error{Op: op, ID: clip(id), Err: fmt.Errorf("%w: %s", sentinel, fmt.Sprintf(format, args...))}
}
