// Google's fake of Pub/Sub (pstest) as a program of its own, on this machine only.
//
// What the fake leaves out and tests need is added around it: a pull that answers as soon as there is something, TLS,
// and logins and rights that are refused.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"log"
	"net"
	"os"
	"os/signal"
	"path"
	"strings"
	"syscall"
	"time"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const (
	lookEvery = 10 * time.Millisecond
	// The longest wait of a pull.
	pullWait = 90 * time.Second
)

var (
	listen  = flag.String("listen", "127.0.0.1:0", "address and port")
	project = flag.String("project", "", "the only project there is; empty: every one")
	deny    = flag.String("deny", "", "methods that nobody may call, separated by commas")
	issuer  = flag.String("issuer", "", "e-mail address of the service account that may log in; empty: everybody")
	public  = flag.String("public-key", "", "file with the public key (PEM) of that service account")
	cert    = flag.String("cert", "", "certificate file (PEM); empty: no TLS")
	key     = flag.String("key", "", "file with the key of the certificate (PEM)")
	clients = flag.String("client-ca", "", "file with the authority of client certificates (PEM); empty: none are asked for")
)

// A server whose pull waits as the real one does; the fake looks once, half a second later.
type patient struct{ *pstest.GServer }

func (s patient) Pull(ctx context.Context, request *pb.PullRequest) (*pb.PullResponse, error) {
	until := time.Now().Add(pullWait)
	once := &pb.PullRequest{Subscription: request.Subscription, MaxMessages: request.MaxMessages, ReturnImmediately: true}
	for {
		if err := ctx.Err(); err != nil {
			return nil, status.FromContextError(err).Err()
		}
		response, err := s.GServer.Pull(ctx, once)
		if err != nil || len(response.ReceivedMessages) > 0 || request.ReturnImmediately || time.Now().After(until) {
			return response, err
		}
		select {
		case <-ctx.Done():
		case <-time.After(lookEvery):
		}
	}
}

func check(ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if err := checkLogin(ctx); err != nil {
		return nil, err
	}
	method := path.Base(info.FullMethod)
	for _, denied := range strings.Split(*deny, ",") {
		if denied == method {
			return nil, status.Error(codes.PermissionDenied, "User not authorized to perform this action.")
		}
	}
	if *project != "" && !strings.HasPrefix(resource(request), "projects/"+*project+"/") {
		return nil, status.Error(codes.NotFound, "Requested project not found or user does not have access to it.")
	}
	return next(ctx, request)
}

// The name a request is about, with a slash at its end.
func resource(request any) string {
	switch about := request.(type) {
	case interface{ GetProject() string }:
		return about.GetProject() + "/"
	case interface{ GetSubscription() string }:
		return about.GetSubscription() + "/"
	case interface{ GetTopic() string }:
		return about.GetTopic() + "/"
	case interface{ GetName() string }:
		return about.GetName() + "/"
	}
	return ""
}

func checkLogin(ctx context.Context) error {
	if *issuer == "" {
		return nil
	}
	headers, _ := metadata.FromIncomingContext(ctx)
	for _, header := range headers.Get("authorization") {
		if token, found := strings.CutPrefix(header, "Bearer "); found && isSigned(token, *issuer, *public) {
			return nil
		}
	}
	return status.Error(codes.Unauthenticated, "Request had invalid authentication credentials.")
}

func security() grpc.ServerOption {
	if *cert == "" {
		return grpc.EmptyServerOption{}
	}
	pair, err := tls.LoadX509KeyPair(*cert, *key)
	exitOn(err)
	config := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	if *clients != "" {
		pem, err := os.ReadFile(*clients)
		exitOn(err)
		config.ClientCAs = x509.NewCertPool()
		config.ClientCAs.AppendCertsFromPEM(pem)
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return grpc.Creds(credentials.NewTLS(config))
}

func exitOn(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	flag.Parse()
	fake := pstest.NewServerWithAddress("127.0.0.1:0")
	listener, err := net.Listen("tcp", *listen)
	exitOn(err)
	server := grpc.NewServer(grpc.UnaryInterceptor(check), security(), grpc.MaxRecvMsgSize(11_000_000))
	pb.RegisterPublisherServer(server, &fake.GServer)
	pb.RegisterSubscriberServer(server, patient{&fake.GServer})
	ending := make(chan os.Signal, 1)
	signal.Notify(ending, syscall.SIGTERM)
	go func() {
		<-ending
		server.Stop()
	}()
	exitOn(server.Serve(listener))
}
