// Package grpcserver runs a gRPC service: the standard health service beside it, and an end that lets calls finish.
package grpcserver

import (
	"context"
	"log/slog"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"

	"orders.example/fleet/pkg/problem"
	"orders.example/fleet/pkg/run"
	"orders.example/fleet/pkg/store"
)

var codeOf = map[problem.Kind]codes.Code{
	problem.Internal: codes.Internal,
	problem.Invalid:  codes.InvalidArgument,
	problem.Missing:  codes.NotFound,
	problem.Conflict: codes.FailedPrecondition,
	problem.Refused:  codes.Unauthenticated,
}

// Main is the whole program of a gRPC service. db is nothing where no DATABASE_URL is set.
func Main(name string, register func(app *run.App, db *pgxpool.Pool, server grpc.ServiceRegistrar)) {
	run.Main(name, func(ctx context.Context, app *run.App) error {
		port := app.Settings.String("PORT", "9090")
		grace := app.Settings.Duration("GRACE", 10*time.Second)
		if err := app.CheckSettings(); err != nil {
			return err
		}
		db, err := store.Connect(ctx, app)
		if err != nil {
			return err
		}
		defer store.Close(db)
		server := grpc.NewServer(grpc.UnaryInterceptor(mapProblems))
		register(app, db, server)
		listener, err := net.Listen("tcp", ":"+port)
		if err != nil {
			return err
		}
		app.Log.Info("listening", "address", listener.Addr().String())
		return serve(ctx, server, listener, grace)
	})
}

// serve answers until the context ends; then it is not healthy any more, and calls have as long as grace.
func serve(ctx context.Context, server *grpc.Server, listener net.Listener, grace time.Duration) error {
	healthy := health.NewServer()
	grpc_health_v1.RegisterHealthServer(server, healthy)
	reflection.Register(server)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	healthy.Shutdown()
	defer time.AfterFunc(grace, server.Stop).Stop()
	server.GracefulStop()
	return <-ended
}

// mapProblems gives the kinds of problems gRPC's codes. What is internal goes to the log alone.
func mapProblems(ctx context.Context, in any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	out, err := next(ctx, in)
	if err == nil {
		return out, nil
	}
	kind := problem.KindOf(err)
	if kind == problem.Internal {
		slog.Error("call failed", "method", info.FullMethod, "error", err.Error())
		return nil, status.Error(codes.Internal, "the service failed")
	}
	return nil, status.Error(codeOf[kind], err.Error())
}
