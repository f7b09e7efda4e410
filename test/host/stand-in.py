# Stands at the path of a socket in the place of a service: "gone" leaves a socket that nobody listens at, "silent" never
# answers, "varlink" says that it is something else.
import json, os, socket, sys, time

mode, path, product = (sys.argv[1:] + ["something else"])[:3]
listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
os.chmod(path, 0o666)
if mode == "gone":
    sys.exit()
listener.listen(64)
while mode == "silent":
    time.sleep(60)
while True:
    connection, _ = listener.accept()
    connection.recv(4096)
    info = dict(vendor="somebody", product=product, version="1", url="", interfaces=[])
    connection.sendall(json.dumps(dict(parameters=info)).encode() + b"\0")
