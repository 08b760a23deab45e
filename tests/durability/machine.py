# SPDX-License-Identifier: AGPL-3.0-or-later
"""A machine whose power can be cut: a disk that forgets what was not flushed, and QEMU with a Debian kernel and an initramfs of our own.

Killing QEMU alone loses only what the guest's kernel had not yet written: everything that reached the disk survives in the host's page
cache. A real disk also has a cache of its own that it empties in any order, so the disk is ours: it speaks NBD to QEMU, keeps each
written sector of 512 bytes in memory until the guest flushes, and when the power goes any subset of them is lost.
"""
import glob
import lzma
import os
import re
import select
import shutil
import socket
import stat
import struct
import subprocess
import threading
import time

from support import ROOT

KERNEL = os.path.join(ROOT, "build", "guest-kernel")
SECTOR = 512
MODULES = ("virtio_pci", "virtio_blk", "ext4")  # with what they depend on; those that are compiled into the kernel are not looked for

INIT = r"""#!/bin/busybox sh
busybox mount -t proc none /proc
busybox mount -t devtmpfs none /dev
for module in $(busybox cat /modules/order); do busybox insmod /modules/$module; done
busybox mount -t ext4 -o errors=remount-ro /dev/vda /disk && echo started
/program append /disk/a /disk/a.key $append_arguments
echo "ended $?"
busybox poweroff -f
"""


def missing():
    """What this machine lacks, in words; empty when a guest can be started."""
    programs = [name for name in ("qemu-system-x86_64", "busybox", "mke2fs", "e2fsck", "debugfs") if find(name) is None]
    if programs:
        return ", ".join(programs) + " not found (./test --long installs them)"
    if os.uname().machine != "x86_64":
        return "the guest is an amd64 machine and this is not one"
    return "" if kernel_image() else "no kernel in build/guest-kernel (./test --long fetches it)"


def find(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def kernel_image():
    return max(glob.glob(os.path.join(KERNEL, "boot", "vmlinuz-*")), default=None)


# --- the disk

class Disk:
    """An NBD server (fixed newstyle, one client at a time) over a file. The file holds what was flushed; the rest dies with the power."""

    def __init__(self, image):
        self.image, self.size = image, os.path.getsize(image)
        self.file = os.open(image, os.O_RDWR)
        self.volatile = {}  # sector -> bytes, in the order of the last writes
        self.flushes, self.broken_from = 0, None  # from this flush on, each flush fails and keeps nothing
        self.lock = threading.Lock()
        self.address = image + ".socket"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.address)
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def close(self):
        self.listener.close()
        os.unlink(self.address)
        os.close(self.file)

    def survivors(self, dice):
        """What of the unflushed sectors is on the disk when the power goes: none, all, the first so many, or any."""
        sectors = list(self.volatile.items())
        kept = dice.choice((0, len(sectors), dice.randint(0, len(sectors)), None))
        return sectors[:kept] if kept is not None else [one for one in sectors if dice.random() < 0.5]

    def lose_power(self, dice):
        """Returns how many unflushed sectors were lost."""
        with self.lock:
            kept = self.survivors(dice)
            lost = len(self.volatile) - len(kept)
            self.persist(kept)
            self.volatile.clear()
            return lost

    def image_after_power_loss(self, dice, path):
        """What the disk would be if the power went now, beside the guest that goes on. Returns how many unflushed sectors it lacks."""
        with self.lock:
            copy_sparse(self.image, path)
            kept = self.survivors(dice)
            with open(path, "r+b") as file:
                for sector, data in kept:
                    file.seek(sector * SECTOR)
                    file.write(data)
            return len(self.volatile) - len(kept)

    def persist(self, sectors):
        for sector, data in sectors:
            os.pwrite(self.file, data, sector * SECTOR)

    def flush(self):
        """False: the disk says that it could not."""
        self.flushes += 1
        if self.broken_from is not None and self.flushes >= self.broken_from:
            return False
        self.persist(self.volatile.items())
        self.volatile.clear()
        return True

    def write(self, offset, data):
        for at in range(0, len(data), SECTOR):
            sector = (offset + at) // SECTOR
            self.volatile.pop(sector, None)
            self.volatile[sector] = data[at:at + SECTOR]

    def read(self, offset, length):
        data = bytearray(os.pread(self.file, length, offset))
        for at in range(0, length, SECTOR):
            newer = self.volatile.get((offset + at) // SECTOR)
            if newer is not None:
                data[at:at + SECTOR] = newer
        return bytes(data)

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                with client, client.makefile("rb") as requests:
                    if self.negotiate(client, requests):
                        self.transmit(client, requests)
            except (OSError, struct.error):
                pass  # the client was killed

    def negotiate(self, client, requests):
        export = struct.pack(">QH", self.size, 1 | 4)  # flags are there, flush is known
        client.sendall(b"NBDMAGICIHAVEOPT" + struct.pack(">H", 1 | 2))
        requests.read(4)
        while True:
            _, option, length = struct.unpack(">QII", requests.read(16))
            requests.read(length)

            def answer(kind, data=b"", option=option):
                client.sendall(struct.pack(">QIII", 0x3e889045565a9, option, kind, len(data)) + data)
            if option == 1:  # NBD_OPT_EXPORT_NAME
                client.sendall(export)
                return True
            if option == 7:  # NBD_OPT_GO
                answer(3, struct.pack(">H", 0) + export)
                answer(1)
                return True
            if option == 2:  # NBD_OPT_ABORT
                answer(1)
                return False
            answer(0x80000001)

    def transmit(self, client, requests):
        while True:
            _, _, kind, cookie, offset, length = struct.unpack(">IHHQQI", requests.read(28))
            error, answer = 0, b""
            data = requests.read(length) if kind == 1 else b""
            if kind == 1 and len(data) < length:
                return
            with self.lock:
                if kind == 0:
                    answer = self.read(offset, length)
                elif kind == 1:
                    self.write(offset, data)
                elif kind == 2:
                    return
                elif kind == 3:
                    error = 0 if self.flush() else 5
                else:
                    error = 22
            client.sendall(struct.pack(">IIQ", 0x67446698, error, cookie) + answer)


def copy_sparse(image, path):
    subprocess.run(["cp", "--sparse=always", image, path], check=True)


def new_disk(image, folder, megabytes):
    """An ext4 file system that holds the folder, as an image."""
    subprocess.run([find("mke2fs"), "-q", "-t", "ext4", "-E", "lazy_itable_init=0,lazy_journal_init=0", "-d", folder, image, f"{megabytes}M"],
                   check=True, stdout=subprocess.DEVNULL)


def mend(image):
    """What a boot does before it mounts: fsck -p (fsck.ext4(8)), as Debian's does. ext4's own blocks may be torn, too."""
    checked = subprocess.run([find("e2fsck"), "-p", image], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if checked.returncode not in (0, 1):
        raise AssertionError(f"the file system is damaged: {checked.stdout.decode('utf-8', 'replace')}")


def contents_of(image, folder):
    """What a boot would find on the disk, copied into the folder: the file system's journal is replayed on a copy of the image.
    A file system that is not whole after that says that the disk lies about flushes, and then nothing is proved. Only its superblock may be torn: after
    a failed flush ext4 writes the error there past its journal, in two sectors, and whoever repairs it takes the copy (e2fsck(8), -b)."""
    copy = image + ".copy"
    copy_sparse(image, copy)

    def check(*options):
        return subprocess.run([find("e2fsck"), *options, copy], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    checked = check("-fp")
    if b"Superblock checksum does not match" in checked.stdout:
        checked = check("-fy", "-b", "32768", "-B", "4096")
    if checked.returncode not in (0, 1):
        raise AssertionError(f"the file system is damaged: {checked.stdout.decode('utf-8', 'replace')}")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for name in ("a", "a.key"):
        subprocess.run([find("debugfs"), "-R", f"rdump /{name} {folder}", copy], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.unlink(copy)


# --- the guest

def kernel_modules():
    """(name, bytes) of the modules that the guest needs, in the order of loading."""
    files, found = {}, {}
    for folder, _, names in os.walk(KERNEL):
        files.update({name.split(".ko")[0].replace("-", "_"): os.path.join(folder, name) for name in names if ".ko" in name})

    def load(name):
        if name in files and name not in found:
            with open(files[name], "rb") as file:
                data = file.read()
            data = lzma.decompress(data) if files[name].endswith(".xz") else data
            for needed in re.search(rb"\0depends=([^\0]*)\0", data).group(1).decode().split(","):
                load(needed.replace("-", "_"))
            found[name] = data
    for name in MODULES:
        load(name)
    return found


def cpio(files):
    """path -> (mode, bytes) as an archive of the form newc, folders first."""
    folders = {path[:at] for path in files for at, letter in enumerate(path) if letter == "/"}
    everything = [(path, (stat.S_IFDIR | 0o755, b"")) for path in sorted(folders)] + sorted(files.items()) + [("TRAILER!!!", (0, b""))]
    out = bytearray()
    for number, (path, (mode, data)) in enumerate(everything):
        fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path) + 1, 0)
        out += b"070701" + b"".join(b"%08x" % field for field in fields) + path.encode() + b"\0"
        out += bytes(-len(out) % 4)
        out += data + bytes(-len(data) % 4)
    return bytes(out)


def initramfs(program):
    """What the guest boots from: busybox, the program with its libraries, and the modules for the disk."""
    def whole(path):
        with open(path, "rb") as file:
            return stat.S_IFREG | 0o755, file.read()
    files = {"init": (stat.S_IFREG | 0o755, INIT.encode()), "bin/busybox": whole(find("busybox")), "program": whole(program)}
    for library in re.findall(r"(/\S+) \(0x", subprocess.run(["ldd", program], check=True, stdout=subprocess.PIPE, text=True).stdout):
        files[library[1:]] = whole(library)
    modules = kernel_modules()
    files.update({f"modules/{name}": (stat.S_IFREG | 0o644, data) for name, data in modules.items()})
    files["modules/order"] = (stat.S_IFREG | 0o644, "\n".join(modules).encode())
    files.update({f"{name}/.keep": (stat.S_IFREG | 0o644, b"") for name in ("dev", "proc", "disk", "tmp")})
    return cpio(files)


class Guest:
    """A running guest. Its console is read line by line; kill() is the power cut."""

    def __init__(self, initrd, disk, append_arguments, accelerator, environment=()):
        # no_timer_check: on a busy host the guest's timer would seem broken to it, and it would not come up.
        words = " ".join(f'{name}="{value}"' for name, value in [("append_arguments", append_arguments), *environment])
        self.process = subprocess.Popen(
            [find("qemu-system-x86_64"), "-accel", accelerator, "-cpu", "max", "-m", "768", "-smp", "2", "-nodefaults", "-no-user-config", "-display", "none",
             "-serial", "stdio", "-monitor", "none", "-no-reboot", "-kernel", kernel_image(), "-initrd", initrd,
             "-append", f"console=ttyS0 quiet loglevel=1 panic=-1 no_timer_check {words}",
             "-drive", f"file=nbd+unix:///?socket={disk.address},format=raw,if=virtio,cache=writeback"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.output = b""

    def wait_for(self, pattern, seconds):
        """Whether a line that matches comes before the guest ends or is silent for so long. While its process is stopped no time passes."""
        silent = 0
        while silent < seconds * 10:
            if re.search(pattern, self.said(), re.M):
                return True
            length = len(self.output)
            if not self.read_on(0.1):
                return False
            silent = 0 if len(self.output) > length else silent + (not self.is_stopped())
        return False

    def is_stopped(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] in "Tt"

    def watch(self, seconds):
        """Lets the guest go on for so long. False when it ended."""
        until = time.monotonic() + seconds
        while True:
            left = until - time.monotonic()
            if not self.read_on(max(left, 0)):
                return False
            if left <= 0:
                return True

    def read_on(self, seconds):
        """Reads what is there, or comes within so many seconds. False when the guest ended."""
        if select.select([self.process.stdout], [], [], seconds)[0]:
            read = os.read(self.process.stdout.fileno(), 65536)
            self.output += read
            return bool(read)
        return True

    def kill(self):
        if self.process.stdout.closed:
            return
        self.process.kill()
        with self.process.stdout as rest:
            self.output += rest.read()
        self.process.wait()

    def said(self):
        """The console without carriage returns."""
        return self.output.replace(b"\r", b"")


def accelerator(initrd, disk):
    """KVM where a guest comes up with it (inside of some virtual machines it hangs or is refused), else QEMU's own translator."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    guest = Guest(initrd, disk, "--count 1", "kvm")
    up = guest.wait_for(b"^started", 20)
    guest.kill()
    return "kvm" if up else "tcg"
