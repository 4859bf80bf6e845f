// Package crash kills: processes that record events, and servers that hold them. Whatever was under way then, the same events
// sent again must leave every event counted once and every grant paid once.
//
// The tests here take a few kills. With GUERDON_LONG set they take as many as it needs to trust them: 200 processes and 10
// servers of each kind.
package crash
