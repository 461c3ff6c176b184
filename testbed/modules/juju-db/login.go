package main

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"
)

// rounds is how often a password is hashed; MongoDB says so in its first answer.
const rounds = 4096

// conversation is a login by SCRAM-SHA-1 (RFC 5802) that has begun. It is the only one that mgo knows beside a
// certificate's.
type conversation struct {
	user, database string
	said, nonce    string
	salted         []byte
	finished       bool
}

func unauthorized() *failure { return fail(18, "AuthenticationFailed", "Authentication failed.") }

func saslStart(c *client, database string, command bson.D) (bson.D, error) {
	if mechanism := text(command, "mechanism"); mechanism != "SCRAM-SHA-1" {
		return nil, fail(2, "BadValue", "Unsupported mechanism %q", mechanism)
	}
	_, bare, _ := strings.Cut(payload(command), ",,")
	fields := parsed(bare)
	user := strings.NewReplacer("=2C", ",", "=3D", "=").Replace(fields["n"])
	found := c.server.store.user(database, user)
	if found == nil {
		return nil, unauthorized()
	}
	salt, _ := hex.DecodeString(text(found, "salt"))
	salted, err := pbkdf2.Key(sha1.New, text(found, "digest"), salt, rounds, sha1.Size)
	if err != nil {
		return nil, err
	}
	nonce := fields["r"] + randomText()
	said := fmt.Sprintf("r=%s,s=%s,i=%d", nonce, base64.StdEncoding.EncodeToString(salt), rounds)
	c.login = &conversation{user: user, database: database, said: bare + "," + said, nonce: nonce, salted: salted}
	return reply(said, false), nil
}

func saslContinue(c *client, _ string, command bson.D) (bson.D, error) {
	login := c.login
	if login == nil {
		return nil, unauthorized()
	}
	if login.finished {
		c.login = nil
		return reply("", true), nil
	}
	said := payload(command)
	without, proof, _ := strings.Cut(said, ",p=")
	message := login.said + "," + without
	expected := clientProof(login.salted, message)
	given, _ := base64.StdEncoding.DecodeString(proof)
	if parsed(without)["r"] != login.nonce || !hmac.Equal(expected, given) {
		c.login = nil
		return nil, unauthorized()
	}
	c.logins[login.database] = login.user
	login.finished = true
	server := signed(signed(login.salted, "Server Key"), message)
	return reply("v="+base64.StdEncoding.EncodeToString(server), true), nil
}

// clientProof returns what only somebody with the password can say of a conversation.
func clientProof(salted []byte, message string) []byte {
	key := signed(salted, "Client Key")
	stored := sha1.Sum(key)
	proof := signed(stored[:], message)
	for i := range proof {
		proof[i] ^= key[i]
	}
	return proof
}

func reply(said string, done bool) bson.D {
	return bson.D{
		{Key: "conversationId", Value: int32(1)}, {Key: "done", Value: done},
		{Key: "payload", Value: primitive.Binary{Data: []byte(said)}},
	}
}

func payload(command bson.D) string {
	value, _ := field(command, "payload")
	switch value := value.(type) {
	case primitive.Binary:
		return string(value.Data)
	case string:
		return value
	}
	return ""
}

// parsed returns the fields of a message such as `n=user,r=nonce`.
func parsed(said string) map[string]string {
	found := map[string]string{}
	for _, part := range strings.Split(said, ",") {
		if name, value, ok := strings.Cut(part, "="); ok {
			found[name] = value
		}
	}
	return found
}

func signed(key []byte, message string) []byte {
	made := hmac.New(sha1.New, key)
	made.Write([]byte(message))
	return made.Sum(nil)
}

func randomText() string { return base64.RawURLEncoding.EncodeToString(randomBytes(18)) }

func randomBytes(count int) []byte {
	data := make([]byte, count)
	_, _ = rand.Read(data)
	return data
}

// getNonce is what mgo asks each new connection for, in case of a login of a kind that MongoDB no longer has.
func getNonce(*client, string, bson.D) (bson.D, error) {
	return bson.D{{Key: "nonce", Value: randomText()[:16]}}, nil
}

func logout(c *client, database string, _ bson.D) (bson.D, error) {
	delete(c.logins, database)
	return bson.D{}, nil
}
