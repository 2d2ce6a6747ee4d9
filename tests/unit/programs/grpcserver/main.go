// Grpcserver answers gRPC's health service on a free port of the loopback address, which it prints.
package main

import (
	"fmt"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	healthy := health.NewServer()
	healthy.SetServingStatus("orders", grpc_health_v1.HealthCheckResponse_SERVING)
	healthy.SetServingStatus("payments", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	server := grpc.NewServer()
	grpc_health_v1.RegisterHealthServer(server, healthy)
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	panic(server.Serve(listener))
}
