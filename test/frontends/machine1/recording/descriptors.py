# Passes descriptors to and from org.freedesktop.machine1 through libsystemd's own client, and prints what came of it:
# one JSON object. Its parameters are the process numbers of the daemon, of a process to register, and of another one.
import ctypes, fcntl, json, os, sys

daemon, pid, other = map(int, sys.argv[1:])
libsystemd = ctypes.CDLL("libsystemd.so.0")
bus = ctypes.c_void_p()
assert libsystemd.sd_bus_open_system(ctypes.byref(bus)) >= 0


class Error(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("message", ctypes.c_char_p), ("need_free", ctypes.c_int)]


def call(member, types, *arguments, read=None):
    error, reply = Error(), ctypes.c_void_p()
    manager = (b"org.freedesktop.machine1", b"/org/freedesktop/machine1", b"org.freedesktop.machine1.Manager")
    if libsystemd.sd_bus_call_method(bus, *manager, member, ctypes.byref(error), ctypes.byref(reply), types, *arguments) < 0:
        return f"{error.name.decode()}: {error.message.decode()}"
    if read is None:
        return "done"
    descriptor = ctypes.c_int()
    libsystemd.sd_bus_message_read(reply, read, ctypes.byref(descriptor))
    kept = os.dup(descriptor.value)
    libsystemd.sd_bus_message_unref(reply)
    return kept


def register(*properties):
    count = ctypes.c_uint(len(properties) // 3 + 1)
    done = call(b"RegisterMachineEx", b"sa(sv)", b"n", count, b"Class", b"s", b"container", *properties)
    if done == "done":
        call(b"UnregisterMachine", b"s", b"n")
    return done


def ended():
    child = os.fork()
    if child == 0:
        os._exit(0)
    pidfd = os.pidfd_open(child)
    os.waitpid(child, 0)
    return pidfd


def root_directory(name):
    root = call(b"OpenMachineRootDirectory", b"s", name, read=b"h")
    try:
        return sorted(os.listdir(root))
    finally:
        os.close(root)


def held():
    return len(os.listdir(f"/proc/{daemon}/fd"))


pidfd, null = os.pidfd_open(pid), os.open("/dev/null", os.O_RDONLY)
inode = os.fstat(pidfd).st_ino
h = lambda descriptor: (b"LeaderPIDFD", b"h", ctypes.c_int(descriptor))
u = lambda number: (b"LeaderPID", b"u", ctypes.c_uint(number))
t = lambda number: (b"LeaderPIDFDID", b"t", ctypes.c_uint64(number))
results = {}
before = held()
for _ in range(20):
    results = {
        "pidfd": register(*h(pidfd)),
        "pidfd and all that agrees": register(*h(pidfd), *u(pid), *t(inode)),
        "no pidfd": register(*h(null)),
        "of one that has ended": register(*h(ended())),
        "of init": register(*h(os.pidfd_open(1))),
        "another number": register(*h(pidfd), *u(other)),
        "another inode": register(*h(pidfd), *t(inode + 1)),
        "the last of two": register(*h(pidfd), *h(null)),
        "unknown property": register(*h(pidfd), b"Foo", b"h", ctypes.c_int(null)),
        "root": root_directory(b"c1"),
    }
results["kept"] = held() - before
print(json.dumps(results))
