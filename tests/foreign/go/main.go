// SPDX-License-Identifier: AGPL-3.0-or-later

// A second opinion on the logs and proofs of an archive: signatures and tree mathematics are those of
// golang.org/x/mod/sumdb (note and tlog), which knows nothing of Letopis. Only the layout of the files is read here.
//
//	foreign log DIR VKEY            the head of DIR is signed and every leaf in its tiles stands under it
//	foreign growth DIR OLD VKEY     the log in DIR grew out of the head in the file OLD
//	foreign batch VKEY              for each line of standard input, a path without suffix: do <path>.tlog-proof,
//	                                <path>.json (descriptor), <path>.object (if there) and <path>.eml belong together
//	                                and stand in the log? Prints "ok" or "refused: why" a line.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const leafTypes = 16

var strict = base64.StdEncoding.Strict()

// decimal accepts ASCII digits without leading zeros only.
func decimal(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != text {
		return 0, errors.New("not a number: " + text)
	}
	return n, nil
}

func parseHash(text string) (hash tlog.Hash, err error) {
	data, err := strict.DecodeString(text)
	if err != nil || len(data) != tlog.HashSize || strings.ContainsAny(text, "\r\n") {
		return hash, errors.New("not a hash: " + text)
	}
	copy(hash[:], data)
	return hash, nil
}

// openCheckpoint verifies a signed head. The package's own tree note has a fixed first line, so the three lines of
// C2SP tlog-checkpoint are read here.
func openCheckpoint(text []byte, verifier note.Verifier) (tree tlog.Tree, err error) {
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return tree, err
	}
	for _, signature := range opened.Sigs { // the package decodes base64 leniently
		if _, err := strict.DecodeString(signature.Base64); err != nil {
			return tree, err
		}
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] != verifier.Name() {
		return tree, errors.New("not the head of this log")
	}
	if tree.N, err = decimal(lines[1]); err != nil {
		return tree, err
	}
	tree.Hash, err = parseHash(lines[2])
	return tree, err
}

// tiles reads tile/<L>/<N>[.p/<W>] of C2SP tlog-tiles.
type tiles struct{ dir string }

func (t tiles) Height() int                         { return 8 }
func (t tiles) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range wanted {
		path := fmt.Sprintf("%03d", tile.N%1000)
		for n := tile.N / 1000; n > 0; n /= 1000 {
			path = fmt.Sprintf("x%03d/%s", n%1000, path)
		}
		path = filepath.Join(t.dir, "tile", strconv.Itoa(tile.L), path)
		data, err := []byte(nil), os.ErrNotExist
		if tile.W < 256 {
			data, err = os.ReadFile(filepath.Join(path+".p", strconv.Itoa(tile.W)))
		}
		if errors.Is(err, os.ErrNotExist) {
			data, err = os.ReadFile(path)
		}
		if err != nil {
			return nil, err
		}
		if len(data) < tile.W*tlog.HashSize {
			return nil, errors.New(path + " is too short")
		}
		all = append(all, data[:tile.W*tlog.HashSize])
	}
	return all, nil
}

func openLog(dir string, verifier note.Verifier) (tree tlog.Tree, reader tlog.HashReader, err error) {
	text, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return tree, nil, err
	}
	tree, err = openCheckpoint(text, verifier)
	return tree, tlog.TileHashReader(tree, tiles{dir}), err
}

// tilesOf lists the tiles of a tree, lowest level first.
func tilesOf(size int64) (all []tlog.Tile) {
	for level := 0; size>>(8*level) > 0; level++ {
		for at, count := int64(0), size>>(8*level); at < count; at += 256 {
			tile := tlog.Tile{H: 8, L: level, N: at / 256, W: 256}
			if count-at < 256 {
				tile.W = int(count - at)
			}
			all = append(all, tile)
		}
	}
	return all
}

// checkLog has the package compute the whole tree from the leaf hashes in the lowest tiles: its root must be the signed
// one, and every tile must be the one that the package derives. (TileHashReader is not asked: the version in Debian 12
// leaves some of the tiles of a request unauthenticated when several nodes of the right edge stand in one tile.)
func checkLog(dir string, verifier note.Verifier) error {
	tree, _, err := openLog(dir, verifier)
	if err != nil {
		return err
	}
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var hashes []tlog.Hash
		for _, index := range indexes {
			hashes = append(hashes, stored[index])
		}
		return hashes, nil
	})
	var leaves []byte
	for _, tile := range tilesOf(tree.N) {
		if tile.L == 0 {
			data, err := tiles{dir}.ReadTiles([]tlog.Tile{tile})
			if err != nil {
				return err
			}
			leaves = append(leaves, data[0]...)
		}
	}
	for n := int64(0); n < tree.N; n++ {
		var leaf tlog.Hash
		copy(leaf[:], leaves[n*tlog.HashSize:])
		hashes, err := tlog.StoredHashesForRecordHash(n, leaf, reader)
		if err != nil {
			return err
		}
		stored = append(stored, hashes...)
	}
	if root, err := tlog.TreeHash(tree.N, reader); err != nil || root != tree.Hash {
		return errors.New("the leaves in the tiles do not have the signed root")
	}
	for _, tile := range tilesOf(tree.N) {
		derived, err := tlog.ReadTileData(tile, reader)
		if err != nil {
			return err
		}
		data, err := tiles{dir}.ReadTiles([]tlog.Tile{tile})
		if err != nil {
			return err
		}
		if !bytes.Equal(data[0], derived) {
			return errors.New(tile.Path() + " is not what the leaves give")
		}
	}
	fmt.Println(tree.N, tree.Hash)
	return nil
}

func checkGrowth(dir, old string, verifier note.Verifier) error {
	tree, reader, err := openLog(dir, verifier)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(old)
	if err != nil {
		return err
	}
	before, err := openCheckpoint(text, verifier)
	if err != nil || before.N == tree.N && before.Hash == tree.Hash {
		return err
	}
	if before.N < 1 || before.N >= tree.N {
		return errors.New("the older head is not older")
	}
	proof, err := tlog.ProveTree(tree.N, before.N, reader)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, tree.N, tree.Hash, before.N, before.Hash)
}

type proof struct {
	extra      []byte
	index      int64
	path       tlog.RecordProof
	checkpoint []byte
}

// parseProof reads C2SP tlog-proof.
func parseProof(data []byte) (p proof, err error) {
	head, checkpoint, found := bytes.Cut(data, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !found || lines[0] != "c2sp.org/tlog-proof@v1" {
		return p, errors.New("not a proof")
	}
	lines, p.checkpoint = lines[1:], checkpoint
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		if p.extra, err = strict.DecodeString(lines[0][len("extra "):]); err != nil {
			return p, err
		}
		lines = lines[1:]
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") {
		return p, errors.New("no index")
	}
	if p.index, err = decimal(lines[0][len("index "):]); err != nil {
		return p, err
	}
	for _, line := range lines[1:] {
		hash, err := parseHash(line)
		if err != nil {
			return p, err
		}
		p.path = append(p.path, hash)
	}
	return p, nil
}

func checkMessage(descriptor []byte, path string) error {
	var stated struct {
		Raw struct {
			Size   *int64
			Sha256 string
		}
	}
	if err := json.Unmarshal(descriptor, &stated); err != nil {
		return err
	}
	message, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	digest := sha256.Sum256(message)
	if stated.Raw.Size == nil || *stated.Raw.Size != int64(len(message)) || stated.Raw.Sha256 != hex.EncodeToString(digest[:]) {
		return errors.New("another message was archived")
	}
	return nil
}

func checkProof(path string, verifier note.Verifier) error {
	data, err := os.ReadFile(path + ".tlog-proof")
	if err != nil {
		return err
	}
	p, err := parseProof(data)
	if err != nil {
		return err
	}
	tree, err := openCheckpoint(p.checkpoint, verifier)
	if err != nil {
		return err
	}
	descriptor, err := os.ReadFile(path + ".json")
	if err != nil {
		return err
	}
	if len(p.extra) != 32 {
		return errors.New("no salt")
	}
	described := sha256.Sum256(descriptor)
	commit := sha256.Sum256([]byte("correspondence-archive/commit/v1\n" + string(p.extra) + string(described[:])))
	var object [32]byte
	if stored, err := os.ReadFile(path + ".object"); err == nil {
		object = sha256.Sum256(stored)
	}
	if p.index >= tree.N {
		return errors.New("past the end of the log")
	}
	err = errors.New("no type fits")
	for leafType := byte(1); leafType <= leafTypes && err != nil; leafType++ {
		entry := append([]byte{'C', 'A', 'L', '1', leafType, 0, 0, 0}, commit[:]...)
		entry = append(entry, object[:]...)
		err = tlog.CheckRecord(p.path, tree.N, tree.Hash, p.index, tlog.RecordHash(entry))
	}
	if err != nil {
		return err
	}
	return checkMessage(descriptor, path+".eml")
}

func checkBatch(verifier note.Verifier) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if err := checkProof(lines.Text(), verifier); err != nil {
			fmt.Printf("refused: %q\n", err.Error())
		} else {
			fmt.Println("ok")
		}
	}
}

func run(args []string) error {
	if len(args) < 2 {
		return errors.New("usage: foreign log DIR VKEY | growth DIR OLD VKEY | batch VKEY")
	}
	verifier, err := note.NewVerifier(args[len(args)-1])
	switch {
	case err != nil:
		return err
	case args[0] == "log" && len(args) == 3:
		return checkLog(args[1], verifier)
	case args[0] == "growth" && len(args) == 4:
		return checkGrowth(args[1], args[2], verifier)
	case args[0] == "batch" && len(args) == 2:
		checkBatch(verifier)
		return nil
	}
	return errors.New("wrong usage")
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
