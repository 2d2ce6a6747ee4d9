module lading/grpc-probe

go 1.24
