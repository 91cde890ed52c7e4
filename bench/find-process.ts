import { loadSolver } from '../src/plan/optimize/solver.ts';
import { openPictures } from './find/classes.ts';
import { plan } from './find/planning.ts';
import { largeQuestion } from './find/questions.ts';
import { thesisRepository } from './find/repositories.ts';

/** Plans for a number of classes, 0: none, in a process of its own. Prints the peak of its memory in MiB. */
const classes = Number(process.argv[2]);
const [solve, repository, pictures] = [await loadSolver(), thesisRepository(), openPictures()];
if (classes > 0) plan(largeQuestion(classes, 0).predicate, repository, pictures, { kind: 'best' }, solve);
console.log(process.resourceUsage().maxRSS / 1024);
