// A database server for the controller of Juju 3.6 on a testbed, in the place of MongoDB, which no package registry has.
//
// It knows what Juju's client (juju/mgo) asks for and nothing else: documents in memory with a journal, a replica set
// of one member, transactions, change streams and the tail of the log. It takes mongod's options and leaves aside those
// that it has no use for. Called as `mongo` it asks a server whether it is there, as the probes of the pod do.
package main

import (
	"crypto/tls"
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"
)

// version is a release of the series that Juju's image has: it is what the client chooses its requests by.
const version = "4.4.30"

type server struct {
	store   *Store
	cursors map[int64]*cursor
	next    int64
	verbose bool
	given   map[string]string
	unknown *os.File
}

// client is a connection; its requests are answered one after the other.
type client struct {
	server *server
	conn   net.Conn
	login  *conversation
	logins map[string]string
}

func main() {
	given := options(os.Args[1:])
	if _, asked := given["version"]; asked {
		fmt.Println("db version v" + version)
		return
	}
	if filepath.Base(os.Args[0]) == "mongo" {
		if err := ask("127.0.0.1:" + given["port"]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	log.SetFlags(log.Ltime | log.Lmicroseconds)
	if err := start(given); err != nil {
		log.Fatal(err)
	}
}

// options reads `--name=value`, `--name value` and `--name`.
func options(arguments []string) map[string]string {
	found := map[string]string{"port": "27017"}
	for at, argument := range arguments {
		name, value, has := strings.Cut(strings.TrimLeft(argument, "-"), "=")
		if !strings.HasPrefix(argument, "-") {
			continue
		}
		if !has && at+1 < len(arguments) && !strings.HasPrefix(arguments[at+1], "-") {
			value = arguments[at+1]
		}
		found[name] = value
	}
	return found
}

// ask fails unless a server answers a handshake; whose certificate it has does not matter to a probe.
func ask(address string) error {
	dialer := &net.Dialer{Timeout: time.Second}
	conn, err := tls.DialWithDialer(dialer, "tcp", address, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		return err
	}
	return conn.Close()
}

func start(given map[string]string) error {
	// Most of what is allocated is garbage within a request, and memory is what a testbed has least of.
	debug.SetGCPercent(50)
	made, err := newServer(given)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", ":"+given["port"])
	if err != nil {
		return err
	}
	pem := given["tlsCertificateKeyFile"]
	if pem == "" {
		pem = given["sslPEMKeyFile"]
	}
	if pem != "" {
		pair, err := tls.LoadX509KeyPair(pem, pem)
		if err != nil {
			return err
		}
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{pair}})
	}
	// Juju's own tests, which can be run against this server, wait for these words of MongoDB's.
	log.Printf("waiting for connections on %s", listener.Addr())
	return made.serve(listener)
}

func newServer(given map[string]string) (*server, error) {
	_, verbose := given["log-commands"]
	made := &server{store: newStore(), cursors: map[int64]*cursor{}, verbose: verbose, given: given}
	if folder := given["dbpath"]; folder != "" {
		if err := made.store.open(folder); err != nil {
			return nil, err
		}
		file, err := os.OpenFile(filepath.Join(folder, "unknown.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return nil, err
		}
		made.unknown = file
	}
	return made, nil
}

func (s *server) serve(listener net.Listener) error {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		go (&client{server: s, conn: conn, logins: map[string]string{}}).run()
	}
}
