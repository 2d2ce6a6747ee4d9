// Package api has the contracts of the gRPC services, a package each. `go generate ./api` makes the code of them.
package api

//go:generate protoc --go_out=. --go_opt=paths=source_relative --go-grpc_out=. --go-grpc_opt=paths=source_relative inventory/inventory.proto loyalty/loyalty.proto payment/payment.proto pricing/pricing.proto tax/tax.proto
