// Package ledger says what users hold: assets, amounts, accounts, the transfers between them, and the statements and audits
// that follow from those. It is pure: it keeps nothing, reads no clock and does no I/O, and every function may be called by
// many goroutines at once.
//
// # Amounts
//
// An [Amount] is a decimal number of whole units of an asset: one yuan and a half is "1.5 CNY", in text and in JSON, never
// 150 of something smaller. No float goes in or comes out. Nothing is rounded unless [Amount.Floor] is asked for: what is
// finer than an [Asset] allows is refused by [Asset.Check].
//
// An amount has at most [IntegerDigits] digits before the point and [ScaleMax] after it. Anyone can put another decimal into
// the struct, and one such as 1e1000000000 is a few bytes that fill a gigabyte when they are added up. So every function here
// looks at the number of digits before it calculates, and answers an error for such an amount; none of them panics.
//
// # Equal and ==
//
// 2.5 and 2.50 are one number in two representations, and a decimal holds a pointer besides. So == on an Amount, or on
// anything that holds one, lies, as does an Amount as the key of a map: use [Amount.Equal], [Transfer.Equal], or go-cmp,
// which calls Equal by itself. [Account] and [TransferID] hold only text and numbers: == and map keys are right for them.
//
// # Accounts
//
// An [Account] is one user's, of one kind, in one asset. There is no account of the programme: what it issued to a user is
// kept in that user's [Issued] account, and its total is the sum over users. So paying two users writes no common row.
// [Available] is what the user can spend and is never negative; [Issued] is its counterpart and is never positive. The
// balances of one user's accounts in one asset always add up to zero.
//
// # Transfers
//
// A [Transfer] moves one amount from the account it debits to the account it credits, which are the same user's and in the
// same asset. Every change of a balance is one. Transfers are only ever appended; a mistake is put right by another one the
// other way. A [TransferID] is the user, what caused the transfer, and the leg where one cause moves several amounts, so that
// repeating the cause cannot move anything twice: whoever stores transfers refuses a second one of that ID.
//
// [Post] applies a transfer to the two balances it touches, or says why it cannot.
//
// # Statements
//
// [Line.Next], given the transfers of one user and asset, oldest first, makes a statement: what each changed the available
// balance by, and what that was afterwards. [Audit] compares stored balances with the transfers and names everything that differs.
//
// # Errors
//
// A faulty input is a [rule.FieldError] for each fault, joined, with the field's name in JSON.
// Taking more than there is available is [ErrInsufficient], a sum with too many digits [ErrOverflow], and books that
// contradict themselves [ErrUnbalanced]; in each case nothing is changed.
package ledger
