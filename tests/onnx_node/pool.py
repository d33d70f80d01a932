"""A pool of worker processes that outlives the crash or the hang of any of them."""
import json
import pathlib
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time

WORKER = pathlib.Path(__file__).with_name("worker.py")


class Gone(Exception):
    """The worker ended or ran out of time; says how."""


class Worker:
    def __init__(self, program):
        self.noise = tempfile.TemporaryFile()               # stderr and stray stdout, for the reason of a crash
        self.process = subprocess.Popen([sys.executable, str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.noise)
        self.pending = b""

    def send(self, job):
        try:
            self.process.stdin.write(json.dumps(job).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass                                            # receive() says how it ended

    def receive(self, deadline):
        out = self.process.stdout
        while b"\n" not in self.pending:
            readable, _, _ = select.select([out], [], [], max(0, deadline - time.monotonic()))
            if not readable:
                raise Gone("time limit")
            chunk = out.read1(65536)
            if not chunk:
                raise Gone(self.cause_of_death())
            self.pending += chunk
        line, _, self.pending = self.pending.partition(b"\n")
        return json.loads(line)

    def cause_of_death(self):
        code = self.process.wait()
        how = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        self.noise.seek(0)
        words = self.noise.read().decode(errors="replace").strip().splitlines()
        return f"{how}: {words[-1].strip()[:200]}" if words else how

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.noise.close()


def ready_worker(program):
    worker = Worker(program)
    try:
        worker.receive(time.monotonic() + 60)
    except Gone:
        worker.close()
        raise
    return worker


def run(jobs, workers, limit_s, on_result, program=WORKER):
    """Calls on_result(job, {mode: (verdict, reason, the whole answer)}) for every job, from one thread at a time; the modes after a crash are absent."""
    todo, lock, failures = iter(jobs), threading.Lock(), []

    def serve():
        worker = None
        try:
            while not failures:
                with lock:
                    job = next(todo, None)
                if job is None:
                    return
                worker = worker or ready_worker(program)
                verdicts, alive = run_one(worker, job, limit_s)
                if not alive:
                    worker.close()
                    worker = None
                with lock:
                    on_result(job, verdicts)
        except Exception as e:                              # a worker that cannot even start ends the run
            failures.append(e)
        finally:
            if worker:
                worker.close()

    threads = [threading.Thread(target=serve) for _ in range(workers)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if failures:
        raise SystemExit(f"no verdicts: {failures[0]}")


def run_one(worker, job, limit_s):
    verdicts, deadline = {}, time.monotonic() + limit_s
    worker.send(job)
    try:
        while not (answer := worker.receive(deadline)).get("done"):
            verdicts[answer["mode"]] = (answer["verdict"], answer["reason"], answer)
    except Gone as how:
        at = next((m for m in job["modes"] if m not in verdicts), job["modes"][-1])
        verdicts[at] = ("crashed", f"after {limit_s} s: {how}" if str(how) == "time limit" else str(how), {})
        return verdicts, False
    return verdicts, True
