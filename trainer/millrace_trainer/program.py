"""`python -m millrace_trainer FOLDER [--resident]`: reads the job, runs its task, and says how it ended.

Exit codes are the worker's: 0 done, 65 the user's mistake, 70 our defect, 75 may pass, 143 ended by SIGTERM."""

import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from .estimators import is_ours
from .isolation import close_network
from .job import Job, read_job
from .messages import Messages, take_standard_output
from .mistakes import Defect, Mistake
from .output import remove_partial

DONE, MISTAKE, DEFECT, PASSING, TERMINATED = 0, 65, 70, 75, 143


def run(arguments: Sequence[str]) -> int:
    resident = "--resident" in arguments
    folders = [each for each in arguments if each != "--resident"]
    if len(folders) != 1:
        print("usage: python -m millrace_trainer FOLDER [--resident]", file=sys.stderr)
        return DEFECT
    signal.signal(signal.SIGTERM, _terminate)
    messages = take_standard_output()
    try:
        return _run(Path(folders[0]).resolve(strict=True), resident, messages)
    except Mistake as mistake:
        messages.error(mistake)
        return MISTAKE
    except MemoryError:
        hint = "select fewer rows or columns, or give the step more memory"
        messages.error(Mistake("TRAIN_MEMORY", "the rows and the model do not fit into memory", hint))
        return MISTAKE
    except OSError as error:
        traceback.print_exc()
        messages.error(Mistake("TRAIN_FILES", f"a file could not be read or written: {error.strerror}", "make room on the disk and retry"))
        return PASSING
    except Exception as error:
        traceback.print_exc()
        said = str(error) if isinstance(error, Defect) else type(error).__name__
        messages.error(Mistake("TRAIN_DEFECT", f"the trainer failed: {said}", "report it, with the statement's log"))
        return DEFECT


def _run(folder: Path, resident: bool, messages: Messages) -> int:
    job = read_job(folder)
    if job.estimator is None or is_ours(job.estimator):
        close_network()
    if resident:
        from .hop import run_resident

        run_resident(folder, job, messages, sys.stdin)
        return DONE
    remove_partial(folder)
    if (folder / "out").exists():
        messages.send("done", repeated=True)
        return DONE
    messages.send("done", **_task(job)(folder, job, messages))
    return DONE


def _task(job: Job) -> Callable[[Path, Job, Messages], dict[str, Any]]:
    # Imported when needed: each library takes a part of a second to load.
    if job.task == "train":
        from .train import run_train

        return run_train
    if job.task == "evaluate":
        from .evaluate import run_evaluate

        return run_evaluate
    if job.task == "explain":
        from .explain import run_explain

        return run_explain
    if job.task == "fit":
        from .hop import run_fit

        return run_fit
    if job.task == "suggest":
        from .suggest import run_suggest

        return run_suggest
    raise Defect("task hop needs --resident")


def _terminate(_signal: int, _frame: object) -> NoReturn:
    # Ends by an exception, so that a partial output is deleted.
    raise SystemExit(TERMINATED)
