module github.com/guerdon-go/guerdon/examples

go 1.26.0

require (
	github.com/guerdon-go/guerdon v0.0.0
	go.etcd.io/bbolt v1.5.0
)

require (
	github.com/expr-lang/expr v1.17.8 // indirect
	github.com/google/go-cmp v0.7.0 // indirect
	github.com/shopspring/decimal v1.6.0 // indirect
	golang.org/x/sys v0.45.0 // indirect
	pgregory.net/rapid v1.3.0 // indirect
)

replace github.com/guerdon-go/guerdon => ../
