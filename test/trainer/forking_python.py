"""A stand-in for the start of Python: a server that has loaded the trainer's libraries and forks for each job.

As a server: forking_python.py SOCKET. It ends when its standard input ends.
In the place of Python: python forking_python.py SOCKET -P -m millrace_trainer FOLDER. It hands its files over, and ends as the job does."""

import os
import signal
import socket
import sys


def ask(path, arguments):
    """Has the server run the job; signals that ask this process to end reach it."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        said = "\0".join([os.getcwd(), *arguments]).encode()
        socket.send_fds(connection, [len(said).to_bytes(4, "big") + said], [0, 1, 2])
        job = int(read(connection, 8))
        signal.signal(signal.SIGTERM, lambda *_: os.kill(job, signal.SIGTERM))
        status = int(read(connection, 8))
    if os.WIFSIGNALED(status):
        signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    sys.exit(os.waitstatus_to_exitcode(status))


def read(connection, size):
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            sys.exit(70)
        data += more
    return data


def serve(path):
    import selectors

    from millrace_trainer.processor import fix_arithmetic

    fix_arithmetic()
    import millrace_trainer.boosting.estimator
    import millrace_trainer.explain
    import millrace_trainer.hop
    import millrace_trainer.train  # noqa: F401

    import sklearn.cluster  # noqa: F401  isort:skip
    import sklearn.linear_model  # noqa: F401  isort:skip

    jobs = {}
    awake, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    listening.listen(64)
    events = selectors.DefaultSelector()
    for each in (listening, awake, 0):
        events.register(each, selectors.EVENT_READ)
    print("ready", flush=True)
    while True:
        for key, _ in events.select():
            if key.fileobj == 0:
                for job in jobs:
                    os.kill(job, signal.SIGKILL)
                return
            if key.fileobj == awake:
                os.read(awake, 4096)
                end_jobs(jobs, events)
            elif key.fileobj is listening:
                connection, _ = listening.accept()
                jobs[start(connection)] = connection
                events.register(connection, selectors.EVENT_READ)
            else:
                # Who asked was killed, and so is the job.
                events.unregister(key.fileobj)
                for job, connection in jobs.items():
                    if connection is key.fileobj:
                        os.kill(job, signal.SIGKILL)


def start(connection):
    begun, files, _, _ = socket.recv_fds(connection, 4, 3)
    said = read(connection, int.from_bytes(begun, "big")).decode()
    folder, *arguments = said.split("\0")
    job = os.fork()
    if job == 0:
        run(folder, arguments, files)
    for each in files:
        os.close(each)
    connection.sendall(b"%8d" % job)
    return job


def run(folder, arguments, files):
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for to, each in enumerate(files):
        os.dup2(each, to)
        os.close(each)
    os.chdir(folder)
    from millrace_trainer.program import run as run_job

    code = 70
    try:
        code = run_job(arguments[arguments.index("millrace_trainer") + 1 :])
    except SystemExit as end:
        code = end.code
    finally:
        sys.stderr.flush()
        os._exit(code)


def end_jobs(jobs, events):
    for job in list(jobs):
        done, status = os.waitpid(job, os.WNOHANG)
        if done == job:
            connection = jobs.pop(job)
            try:
                connection.sendall(b"%8d" % status)
                events.unregister(connection)
            except (OSError, KeyError):
                pass
            connection.close()


if len(sys.argv) > 2:
    ask(sys.argv[1], sys.argv[2:])
else:
    serve(sys.argv[1])
